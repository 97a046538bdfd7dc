import { dialog } from "../app/dialogs";
import { confined } from "../app/privacy";
import { route } from "../app/route";
import { announcement, ERASED, FROZEN, status } from "../app/session";
import { T } from "../testids";
import { Dialogs } from "./dialogs";
import { ErasedPage } from "./erased";
import { Header } from "./header";
import { lazy } from "./lazy";
import { Lobby } from "./lobby";
import { PolicyBanner } from "./policybanner";
import { RoomPage } from "./room";
import { Toast } from "./toast";

const FrozenPage = lazy(() => import("./privacy/confined").then((part) => part.FrozenPage));

export function App() {
  return (
    <>
      <a class="skip-link" href="#main">Skip to content</a>
      <Header />
      {announcement.value !== null && (
        <div class="banner" role="status">
          <p>{announcement.value}</p>
          <button class="quiet" onClick={() => (announcement.value = null)}>Dismiss</button>
        </div>
      )}
      <PolicyBanner />
      <Page />
      <Dialogs />
      {/* Behind an open dialog the page is inert: then the dialog says it. */}
      {dialog.value === null && <Toast />}
    </>
  );
}

/** Put out while here: a new connection leads to what is left. */
function FrozenDoor() {
  return (
    <main id="main" class="door" data-testid={T.frozenDoor}>
      <h1>Your account was frozen</h1>
      <p>You cannot stay in rooms. What is yours can still be fetched, or erased.</p>
      <button class="primary big" onClick={() => location.reload()}>See what I can do</button>
    </main>
  );
}

function Page() {
  const now = status.value;
  if (now.kind === "stopped" && now.code === ERASED) return <ErasedPage />;
  if (now.kind === "stopped" && now.code === FROZEN) return <FrozenDoor />;
  if (confined.value !== null) return <FrozenPage />;
  return route.value.page === "lobby" ? <Lobby /> : <RoomPage />;
}
