// One tab of this device works with a register: two would draw the same numbers and show each other's cart.

/** Own a name as long as this page lives. Returns whether it was free; `onLost` is called when another tab takes it. */
export function own(name, { steal = false, onLost = () => {} } = {}) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const options = steal ? { steal: true } : { ifAvailable: true };
    navigator.locks
      .request(name, options, (lock) => {
        resolve(lock !== null);
        return lock ? new Promise(() => {}) : undefined;
      })
      .catch(() => onLost());
  });
}
