/**
 * What `work` gives, unless it takes longer: then its signal is aborted, and nobody waits for it any more. The deadline is
 * kept by a timer of ours, since a signal that only a fetch refers to can be collected, and then never ends it.
 */
export async function boundTime<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`there was no answer in ${milliseconds} ms`);
      controller.abort(error);
      reject(error);
    }, milliseconds);
  });
  return Promise.race([work(controller.signal), late]).finally(() => clearTimeout(timer));
}
