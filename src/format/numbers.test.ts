import { describe, expect, it } from 'vitest';
import {
  formatBudget,
  formatBurn,
  formatCount,
  formatObjective,
  formatPerWeek,
  formatShare,
  formatSLI,
} from './numbers';

describe('a budget share', () => {
  it.each([
    [1, '100.0%'],
    [0.9997, '>99.9%'],
    [0.9994, '99.9%'],
    [0.4231, '42.3%'],
    [-1.5, '-150.0%'],
    [0, '0%'],
    [0.0001, '<0.1%'],
    [-0.0001, '>-0.1%'],
    [null, '–'],
    [NaN, '–'],
  ])('%s reads %s', (fraction, text) => expect(formatBudget(fraction)).toBe(text));
});

describe('an objective', () => {
  it.each([
    [0.9995, '99.95%'],
    [0.99999, '99.999%'],
    [0.999999999, '99.9999999%'],
    [0.5, '50%'],
    [undefined, '–'],
  ])('%s keeps all its digits: %s', (fraction, text) => expect(formatObjective(fraction)).toBe(text));
});

describe('an SLI', () => {
  it('never rounds up to 100%', () => expect(formatSLI(0.9999999, 0.999)).toBe('99.999%'));
  it('has two digits more than its objective', () => expect(formatSLI(0.98765432, 0.99)).toBe('98.76%'));
  it('that equals its objective reads like it', () => expect(formatSLI(0.9995, 0.9995)).toBe('99.95%'));
  it('without an objective has two digits', () => expect(formatSLI(0.98765432)).toBe('98.76%'));
  it('of a perfect window is 100%', () => expect(formatSLI(1, 0.999)).toBe('100%'));
});

describe('a burn rate', () => {
  it.each([
    [14.4, '14.4×'],
    [1, '1×'],
    [0.0312, '0.0312×'],
    [1000, '1,000×'],
    [1e6, '∞'],
    [null, '–'],
  ])('%s reads %s', (rate, text) => expect(formatBurn(rate)).toBe(text));
});

describe('a number of events', () => {
  it.each([
    [0, '0'],
    [0.25, '0.25'],
    [9950, '9,950'],
    [1_234_567, '1.2M'],
    [-20, '-20'],
    [undefined, '–'],
  ])('%s reads %s', (events, text) => expect(formatCount(events)).toBe(text));
});

describe('a share', () => {
  it.each([
    [2 / 3, '66.7%'],
    [1, '100%'],
    [0, '0%'],
    [null, '–'],
  ])('%s reads %s', (fraction, text) => expect(formatShare(fraction)).toBe(text));
});

describe('a number a week', () => {
  it.each([
    [0, '0'],
    [0.01, '<0.1'],
    [0.233, '0.2'],
    [12, '12'],
    [undefined, '–'],
  ])('%s reads %s', (count, text) => expect(formatPerWeek(count)).toBe(text));
});
