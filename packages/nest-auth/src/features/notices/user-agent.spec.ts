import { describe, expect, test } from '@jest/globals';
import { programOf, stablePartOf } from './user-agent.js';

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const CHROME = `${WINDOWS} Chrome/126.0.0.0 Safari/537.36`;
const EDGE = `${CHROME} Edg/126.0.2592.87`;
const SAFARI = `${IPHONE} Version/17.5 Mobile/15E148 Safari/604.1`;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0';
const ANDROID =
  'Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007) AppleWebKit/537.36 SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36';
const NATIVE = 'Acme/1.9.0 (org.acme.app; build:345; iOS 17.5.1) Alamofire/5.9.1';

describe('the device of a user agent', () => {
  test.each([
    ['a browser', CHROME, CHROME.replace('126', '127')],
    ['a version of one more digit', FIREFOX, FIREFOX.replaceAll('127.0', '1000.10.1')],
    ['a system', SAFARI, SAFARI.replace('17_5_1', '18_0').replace('17.5', '18.0').replace('15E148', '21F90')],
    ['a system and its build', ANDROID, ANDROID.replace('14', '15').replace('UP1A.231005.007', 'AP3A.240905')],
    ['an app', NATIVE, NATIVE.replace('1.9.0', '2.0.0-beta').replace('345', '1002').replace('5.9.1', '5.10.0')],
  ])('stays the same after an update of %s', (_, before, after) => {
    expect(after).not.toBe(before);
    expect(stablePartOf(after)).toBe(stablePartOf(before));
  });

  test('stays the same although longer versions move the end of a long header out of what is kept', () => {
    const kept = (version: string) =>
      `${WINDOWS} Chrome/${version} ${'An App Of Many Words '.repeat(20)}`.slice(0, 256);
    expect(kept('99.0.0.0').slice(-10)).not.toBe(kept('100.0.4896.127').slice(-10));
    expect(stablePartOf(kept('100.0.4896.127'))).toBe(stablePartOf(kept('99.0.0.0')));
  });

  test('differs between browsers, systems, and a program that says nothing', () => {
    const all = [CHROME, EDGE, SAFARI, FIREFOX, ANDROID, NATIVE, 'curl/8.5.0', null];
    expect(new Set(all.map(stablePartOf)).size).toBe(all.length);
  });
});

describe('the readable name of a device', () => {
  test.each([
    [CHROME, 'Chrome', 'Windows'],
    [EDGE, 'Edge', 'Windows'],
    [`${CHROME} OPR/112.0.0.0`, 'Opera', 'Windows'],
    [SAFARI, 'Safari', 'iOS'],
    [SAFARI.replace('Version/17.5', 'CriOS/126.0'), 'Chrome', 'iOS'],
    [FIREFOX, 'Firefox', 'Linux'],
    [ANDROID, 'Samsung Internet', 'Android'],
    [NATIVE, 'Acme', 'iOS'],
    [`${WINDOWS} Novel/1.0`, null, 'Windows'],
    ['curl/8.5.0', 'curl', null],
    ['', null, null],
    [null, null, null],
  ])('of %s', (userAgent, browser, system) => {
    expect(programOf(userAgent)).toEqual({ browser, system });
  });

  test.each([
    'Your account is blocked, call 0800 1234/1.0',
    'https://evil.example/1.0',
    'evil.example/1.0',
    '<b>hello</b>/1.0',
    `${'a'.repeat(21)}/1.0`,
  ])('repeats nothing that a thief could write there: %s', (userAgent) => {
    expect(programOf(userAgent)).toEqual({ browser: null, system: null });
  });
});
