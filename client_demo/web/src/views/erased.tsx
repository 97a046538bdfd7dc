import { erasureAddress } from "../app/prefs";
import { T } from "../testids";

/** The account is gone, and with it the session. */
export function ErasedPage() {
  return (
    <main id="main" class="door" data-testid={T.erasedPage}>
      <h1>Your account is erased</h1>
      <p>What you wrote and played is gone, or on its way out of the last file.</p>
      {erasureAddress.value && <p><a href={erasureAddress.value} target="_blank" rel="noopener">See how far it is</a></p>}
      <button class="primary big" onClick={() => location.assign("/")}>Go on as a guest</button>
    </main>
  );
}
