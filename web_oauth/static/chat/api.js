// Talking to the server. Two things can go wrong: it did not get there (Unreached), or the answer was no (Refused).

const csrf = document.body.dataset.csrf;

export class Unreached extends Error {}

export class Refused extends Error {
  constructor(status, { error = "That did not work", advice = "Try again." } = {}, after = 0) {
    super(error);
    Object.assign(this, { status, advice, after });
  }
  /** Whether the same request may succeed later. */
  get passing() {
    return this.status === 429 || this.status === 408 || this.status >= 500;
  }
}

/** A name for something that is sent: the same for every try, so that it counts once. */
export function newDelivery() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function ask(path, options, seconds) {
  let response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { accept: "application/json", "x-csrf-token": csrf, ...options.headers },
      signal: AbortSignal.timeout(seconds * 1000),
    });
  } catch {
    throw new Unreached();
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, body, Number(response.headers.get("retry-after")) || 0);
  return body;
}

export const get = (path) => ask(path, {}, 20);

export const postForm = (path, form, seconds = 30) => ask(path, { method: "POST", body: form }, seconds);

export const postJson = (path, body) =>
  ask(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }, 20);

/** Something that is sent by a button: tried again until it arrived, which is safe because of its delivery. */
export async function postSurely(path, body, tries = 4) {
  const delivery = newDelivery();
  for (let turn = 1; ; turn++) {
    try {
      return await postJson(path, { ...body, delivery });
    } catch (error) {
      const hopeless = error instanceof Refused && !error.passing;
      if (hopeless || turn >= tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 600 * 2 ** turn));
    }
  }
}
