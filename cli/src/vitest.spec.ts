import { expect, it } from 'vitest';
import { countTests } from './vitest.js';

const file = (status: string, ...states: string[]) => ({
  status,
  assertionResults: states.map((state) => ({ status: state })),
});

it('counts what passed and what failed', () => {
  const report = {
    numPassedTests: 3,
    numFailedTests: 1,
    testResults: [file('failed', 'passed', 'failed'), file('passed', 'passed', 'passed')],
  };
  expect(countTests(report, 1)).toEqual({ passed: 3, failed: 1 });
});

it('counts a file that could not be collected', () => {
  const report = {
    numPassedTests: 2,
    numFailedTests: 0,
    testResults: [file('failed'), file('passed', 'passed', 'passed')],
  };
  expect(countTests(report, 1)).toEqual({ passed: 2, failed: 1 });
});

it('counts an unhandled error, which only the exit code tells', () => {
  expect(
    countTests({ numPassedTests: 2, numFailedTests: 0, testResults: [file('passed', 'passed', 'passed')] }, 1),
  ).toEqual({ passed: 2, failed: 1 });
  expect(countTests(undefined, null)).toEqual({ passed: 0, failed: 1 });
});

it('finds nothing wrong with a good run', () => {
  expect(countTests({ numPassedTests: 1, numFailedTests: 0, testResults: [file('passed', 'passed')] }, 0)).toEqual({
    passed: 1,
    failed: 0,
  });
});
