/** Lets others have the thread: whoever has much to do does a slice of it, and goes on in the next turn of the loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
