"""A host's evening in real Chromium: every dialog of staff and DJs, by hand and by keys, for everyone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from protocol import commands
from tests.support.browser import PATIENCE_MS, ServerProcess, Visitor
from tests.support.company import Company, Someone

pytestmark = pytest.mark.browser

ROOM = "den"
PAGE_API = Path(__file__).parents[3] / "docs" / "page-api.md"


class Night(NamedTuple):
    """Who is there, and where."""

    host: Visitor
    troll: Someone
    company: Company
    url: str


def test_a_host_has_an_evening(server: ServerProcess, browser: Browser) -> None:
    """Settings, talk, measures, lists, turns and keys, one after the other; nothing breaks on the way."""
    with Company(server.url) as company:
        owner, troll = company.account("hedda"), company.account("troll")
        owner.call(commands.RoomCreate(name="The Den", slug=ROOM, description="low lights"))
        host = Visitor(browser, token=owner.token)
        host.enter(server.url, ROOM)
        host.is_inside()
        troll.join(ROOM)
        for text in ("first!", "buy my album"):
            troll.say(ROOM, text)
        host.reads("buy my album")
        night = Night(host, troll, company, server.url)
        for step in STEPS:
            step(night)
        assert host.problems == []
        host.leave()


def _settings_are_saved_and_shown(night: Night) -> None:
    """A rule that is changed holds at once; one that cannot be read is refused at its field."""
    host = night.host
    host.click("settings-open")
    host.fill("settings-welcome", "Hello %u, be kind")
    host.click("settings-chat")
    host.fill("settings-slow_mode_ms", "soonish")
    host.click("settings-save")
    host.sees("form-error", "One field cannot be saved")
    host.fill("settings-slow_mode_ms", "off")
    host.page.get_by_test_id("settings-chat_ttl_ms").select_option("86400000")
    assert host.barriers() == []
    host.click("settings-save")
    expect(host.page.get_by_text("Hello hedda, be kind")).to_be_visible(timeout=PATIENCE_MS)
    host.sees("notice", "chat (1 day)")
    host.click("notice-dismiss")
    host.misses("notice")


def _a_message_is_answered_and_deleted_where_it_stands(night: Night) -> None:
    """What is pointed at can be answered; what staff delete is gone, also from the quotation."""
    host = night.host
    log = host.page.get_by_test_id("chat-log")
    log.get_by_text("first!").hover()
    host.click("message-answer")
    host.sees("chat-answering", "first!")
    host.say("no you are not")
    expect(log.locator(".quote")).to_contain_text("first!")
    log.get_by_text("first!", exact=True).hover()
    host.click("message-delete")
    expect(log.get_by_text("first!")).to_have_count(0, timeout=PATIENCE_MS)
    expect(log.locator(".quote")).to_contain_text("An earlier message")


def _the_chat_is_walked_with_keys(night: Night) -> None:
    """From the log the arrow keys reach a message, Tab its tools, Enter their work."""
    host = night.host
    host.page.get_by_test_id("chat-log").focus()
    for _ in range(2):
        host.page.keyboard.press("ArrowUp")
    reached = host.page.locator(".message:focus")
    expect(reached).to_contain_text("buy my album")
    # They come with the focus, a frame later.
    expect(reached.get_by_test_id("message-answer")).to_be_visible()
    host.page.keyboard.press("Tab")
    host.page.keyboard.press("Enter")
    host.sees("chat-answering", "troll")
    expect(host.page.get_by_test_id("chat-input")).to_be_focused()
    host.page.get_by_label("Do not answer").click()


def _names_and_emoji_are_put_in(night: Night) -> None:
    """``@tr`` becomes a name with Tab; an emoji is found by its word and taken with Enter."""
    host = night.host
    host.page.get_by_test_id("chat-input").press_sequentially("hey @tr")
    expect(host.page.get_by_test_id("chat-completion").get_by_role("option")).to_have_count(1)
    host.page.keyboard.press("Tab")
    host.click("chat-emoji")
    host.page.get_by_label("Search emoji").fill("headph")
    assert host.barriers() == []
    host.page.keyboard.press("Enter")
    host.page.keyboard.press("Escape")
    expect(host.page.get_by_test_id("chat-input")).to_have_value("hey @troll 🎧")
    host.fill("chat-input", "")


def _mute_and_undo(night: Night) -> None:
    """A mute says what it means before, stands in the lists after, and can be undone."""
    host = night.host
    host.page.get_by_test_id("user-list").get_by_text("troll").click()
    host.sees("user-card", "user")
    host.click("user-mute")
    host.sees("measure-consequence", "can listen and vote, but not chat")
    host.fill("measure-reason", "adverts")
    assert host.barriers() == []
    host.click("measure-confirm")
    expect(host.page.get_by_test_id("member-line")).to_contain_text("was muted by hedda", timeout=PATIENCE_MS)
    host.click("staff-open")
    host.sees("sanction-list", "adverts")
    assert host.barriers() == []
    host.click("sanction-undo")
    expect(host.page.get_by_text("Nobody is muted.")).to_be_visible(timeout=PATIENCE_MS)
    host.click("staff-log")
    host.sees("mod-log", "hedda muted troll")
    host.close_dialog()


def _ignoring_folds_what_somebody_says(night: Night) -> None:
    """Whom one ignores one does not read; the list in the account's menu takes it back."""
    host = night.host
    host.page.get_by_test_id("user-list").get_by_text("troll").click()
    host.click("user-ignore")
    host.close_dialog()
    host.sees("hidden-messages", "1 message of somebody you ignore")
    host.click("account-menu")
    host.click("ignored-open")
    host.click("ignored-undo")
    host.close_dialog()
    host.reads("buy my album")


def _playlists_are_managed(night: Night) -> None:
    """A list is made, filled, edited, searched and used for a turn; the history remembers the turn."""
    host = night.host
    host.add_track(f"{night.url}/media/night-bus.wav")
    host.click("playlist-open")
    host.click("track-edit")
    host.fill("edit-title", "Bus At Night")
    host.click("edit-save")
    host.sees("playlist-items", "Bus At Night")
    host.fill("playlist-name", "Later")
    host.click("playlist-create")
    expect(host.page.locator(".list-button")).to_have_count(2, timeout=PATIENCE_MS)
    assert host.barriers() == []
    host.close_dialog()
    host.click("waitlist-join")
    host.sees("dj-name", "hedda")
    host.sees("now-playing", "Bus At Night")
    host.click("booth-leave")
    host.sees("dj-name", "The booth is free")
    host.click("history-open")
    host.sees("history-list", "Bus At Night")
    assert host.barriers() == []
    host.close_dialog()


def _the_waitlist_is_moved_with_keys(night: Night) -> None:
    """Alt and the arrow keys move somebody, and the focus goes with them."""
    host = night.host
    for name in ("dee", "kay", "jay"):
        someone = night.company.account(name)
        someone.join(ROOM)
        someone.queue(ROOM, "first-light.wav", f"{name} plays")
    rows = host.page.get_by_test_id("waitlist").locator("li")
    expect(rows).to_have_count(2, timeout=PATIENCE_MS)
    expect(rows.nth(1)).to_contain_text("jay")
    rows.nth(1).get_by_test_id("waitlist-handle").focus()
    host.page.keyboard.press("Alt+ArrowUp")
    expect(rows.nth(0)).to_contain_text("jay", timeout=PATIENCE_MS)
    expect(rows.nth(0).get_by_test_id("waitlist-handle")).to_be_focused()
    host.sees("up-next", "jay")


def _reading_back_is_not_torn_away(night: Night) -> None:
    """Who reads back keeps the line under their eyes while others talk, and gets back with one press."""
    host = night.host
    for name in ("ada", "bea", "cleo"):
        someone = night.company.account(name)
        someone.join(ROOM)
        for number in range(5):
            someone.say(ROOM, f"{name} says {number}")
    host.reads("cleo says 4")
    host.page.set_viewport_size({"width": 1280, "height": 520})
    log = host.page.get_by_test_id("chat-log")
    line = log.get_by_text("ada says 1", exact=True)
    expect(log.get_by_text("cleo says 4")).to_be_in_viewport()
    # A busy machine tells of a scroll only when the log has become smaller meanwhile.
    log.evaluate("log => { log.scrollTop -= 1; log.style.maxHeight = `${log.clientHeight / 2}px`; }")
    log.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    expect(log.get_by_text("cleo says 4")).to_be_in_viewport()
    log.evaluate("log => log.style.removeProperty('max-height')")
    log.hover()
    host.page.mouse.wheel(0, -3000)
    expect(log.get_by_text("buy my album")).to_be_in_viewport()
    before = line.bounding_box()
    night.troll.say(ROOM, "still there?")
    expect(host.page.locator(".jump")).to_contain_text("1 new message", timeout=PATIENCE_MS)
    assert line.bounding_box() == before
    host.page.locator(".jump").click()
    expect(log.get_by_text("still there?")).to_be_in_viewport()
    host.page.set_viewport_size({"width": 1280, "height": 800})


def _a_button_that_cannot_work_says_why(night: Night) -> None:
    """Nothing on the page is dead without a word."""
    host = night.host
    host.page.get_by_label("Lock the waitlist").click()
    expect(host.page.get_by_label("Lock the waitlist")).to_have_attribute("aria-pressed", "true")
    host.click("woot")
    expect(host.page.get_by_test_id("woot")).to_have_attribute("aria-pressed", "true", timeout=PATIENCE_MS)
    expect(host.page.locator(".fan.woot")).to_have_count(1, timeout=PATIENCE_MS)


def _ban_and_the_way_back(night: Night) -> None:
    """Who is banned is gone from the people here, stands in the list, and can be let in again."""
    host = night.host
    host.page.get_by_test_id("user-list").get_by_text("troll").click()
    host.click("user-ban")
    host.click("measure-confirm")
    expect(host.page.get_by_test_id("user-list").get_by_text("troll")).to_have_count(0, timeout=PATIENCE_MS)
    host.click("staff-open")
    host.click("staff-ban")
    host.sees("sanction-list", "troll")
    host.click("sanction-undo")
    expect(host.page.get_by_text("Nobody is banned.")).to_be_visible(timeout=PATIENCE_MS)
    host.close_dialog()


def _a_script_on_the_page_has_its_client(night: Night) -> None:
    """``window.roomserver`` speaks, listens and sees the room, as docs/page-api.md shows."""
    host = night.host
    heard = host.page.evaluate(
        """async () => {
          const next = new Promise((done) => roomserver.on("chat.message", done));
          await roomserver.room.request("chat.send", {text: "from a script"});
          const {text, user} = await next;
          const {log, snapshot} = roomserver.room.state;
          return [text, user.name, roomserver.session.user.name, log.at(-1).message.text, snapshot.room.slug];
        }"""
    )

    assert heard == ["from a script", "hedda", "hedda", "from a script", ROOM]
    host.reads("from a script")
    samples = re.findall(r"^```js\n(.*?)^```", PAGE_API.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(samples) == 3
    host.page.context.grant_permissions(["notifications"])
    for code in samples:
        host.page.evaluate(f"async () => {{ {code} }}")
    host.say("!left")
    expect(host.page.get_by_text(re.compile(r"^\d+ s to go$")).last).to_be_visible(timeout=PATIENCE_MS)


def _keys_and_the_sound_of_this_browser(night: Night) -> None:
    """M mutes, where one wants it; the sound of a late loudspeaker can be moved earlier."""
    host = night.host
    host.page.locator("body").press("m")
    expect(host.page.get_by_label("Unmute")).to_be_visible()
    host.click("sync-badge")
    host.page.get_by_test_id("shortcuts").uncheck()
    host.page.get_by_test_id("nudge").fill("120")
    expect(host.page.get_by_text("My sound comes 120 ms earlier")).to_be_visible()
    assert host.barriers() == []
    host.close_dialog()
    host.page.locator("body").press("m")
    expect(host.page.get_by_label("Unmute")).to_be_visible()


STEPS: tuple[Callable[[Night], None], ...] = (
    _settings_are_saved_and_shown,
    _a_message_is_answered_and_deleted_where_it_stands,
    _the_chat_is_walked_with_keys,
    _names_and_emoji_are_put_in,
    _mute_and_undo,
    _ignoring_folds_what_somebody_says,
    _playlists_are_managed,
    _the_waitlist_is_moved_with_keys,
    _reading_back_is_not_torn_away,
    _a_button_that_cannot_work_says_why,
    _ban_and_the_way_back,
    _a_script_on_the_page_has_its_client,
    _keys_and_the_sound_of_this_browser,
)
