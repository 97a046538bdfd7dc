import { dialog } from "../app/dialogs";
import { route } from "../app/route";
import { announcement } from "../app/session";
import { Dialogs } from "./dialogs";
import { Header } from "./header";
import { Lobby } from "./lobby";
import { RoomPage } from "./room";
import { Toast } from "./toast";

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
      {route.value.page === "lobby" ? <Lobby /> : <RoomPage />}
      <Dialogs />
      {/* Behind an open dialog the page is inert: then the dialog says it. */}
      {dialog.value === null && <Toast />}
    </>
  );
}
