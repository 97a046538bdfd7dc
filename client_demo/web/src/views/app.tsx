import { dialog } from "../app/dialogs";
import { confined } from "../app/privacy";
import { route } from "../app/route";
import { announcement, status } from "../app/session";
import { Dialogs } from "./dialogs";
import { ErasedPage } from "./erased";
import { Header } from "./header";
import { lazy } from "./lazy";
import { Lobby } from "./lobby";
import { PolicyBanner } from "./policybanner";
import { RoomPage } from "./room";
import { Toast } from "./toast";

const FrozenPage = lazy(() => import("./privacy/confined").then((part) => part.FrozenPage));
const ERASED = 4010;

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

function Page() {
  const now = status.value;
  if (now.kind === "stopped" && now.code === ERASED) return <ErasedPage />;
  if (confined.value !== null) return <FrozenPage />;
  return route.value.page === "lobby" ? <Lobby /> : <RoomPage />;
}
