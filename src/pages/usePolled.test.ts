import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { usePolled } from './usePolled';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settle = () => act(() => vi.advanceTimersByTimeAsync(0));
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

describe('polling', () => {
  it('loads at once and again after each interval', async () => {
    const load = vi.fn().mockResolvedValueOnce('one').mockResolvedValueOnce('two');
    const { result } = renderHook(() => usePolled(load, 1000));
    expect(result.current).toMatchObject({ data: undefined, loading: true });
    await settle();
    expect(result.current).toMatchObject({ data: 'one', loading: false });
    await pass(1000);
    expect(result.current.data).toBe('two');
  });

  it('keeps what it has when a later attempt fails, and recovers', async () => {
    const load = vi
      .fn()
      .mockResolvedValueOnce('one')
      .mockRejectedValueOnce(new Error('down'))
      .mockResolvedValueOnce('two');
    const { result } = renderHook(() => usePolled(load, 1000));
    await settle();
    await pass(1000);
    expect(result.current).toMatchObject({ data: 'one', error: 'down' });
    await pass(1000);
    expect(result.current).toMatchObject({ data: 'two', error: undefined });
  });

  it('keeps what it has while a changed question is loading', async () => {
    const first = vi.fn().mockResolvedValue('one');
    const second = vi.fn().mockResolvedValue('two');
    const { result, rerender } = renderHook(({ load }) => usePolled(load, 0), { initialProps: { load: first } });
    await settle();
    rerender({ load: second });
    expect(result.current).toMatchObject({ data: 'one', loading: true });
    await settle();
    expect(result.current).toMatchObject({ data: 'two', loading: false });
  });

  it('ignores an answer that came too late for its question', async () => {
    let answerFirst: (value: string) => void = () => undefined;
    const first = vi.fn(() => new Promise<string>((resolve) => (answerFirst = resolve)));
    const second = vi.fn(() => Promise.resolve('two'));
    const { result, rerender } = renderHook(({ load }) => usePolled(load, 0), { initialProps: { load: first } });
    rerender({ load: second });
    await settle();
    answerFirst('one');
    await settle();
    expect(result.current.data).toBe('two');
  });

  it('reloads on demand', async () => {
    const load = vi.fn().mockResolvedValueOnce('one').mockResolvedValueOnce('two');
    const { result } = renderHook(() => usePolled(load, 0));
    await settle();
    act(() => result.current.reload());
    expect(result.current.loading).toBe(true);
    await settle();
    expect(result.current.data).toBe('two');
  });

  it('stops when the page goes', async () => {
    const load = vi.fn().mockResolvedValue('one');
    const { unmount } = renderHook(() => usePolled(load, 1000));
    await settle();
    unmount();
    await pass(5000);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('waits while the page is hidden and goes on when it is seen again', async () => {
    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    const load = vi.fn().mockResolvedValue('one');
    renderHook(() => usePolled(load, 1000));
    await settle();
    await pass(5000);
    expect(load).toHaveBeenCalledTimes(1);
    visibility.mockReturnValue('visible');
    await act(async () => {
      document.dispatchEvent(new Event('visibilitychange'));
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(load).toHaveBeenCalledTimes(2);
  });
});
