/** The API key: in localStorage, or in sessionStorage where it is not to be remembered. Never in an address. */

const NAME = "flashreel.key";

/** @returns {string} */
export const key = () => sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME) ?? "";

/** @returns {boolean} whether it outlives the tab */
export const isKept = () => sessionStorage.getItem(NAME) === null;

/**
 * @param {string} value
 * @param {boolean} keep
 */
export function setKey(value, keep) {
  forgetKey();
  (keep ? localStorage : sessionStorage).setItem(NAME, value);
}

export function forgetKey() {
  sessionStorage.removeItem(NAME);
  localStorage.removeItem(NAME);
}
