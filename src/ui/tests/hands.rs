//! Whatever is typed: nothing acts but what was shown, read and confirmed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ui::keymap::Key;
use crate::ui::overlay::Focus;

/// Something that happens to the screen.
#[derive(Debug, Clone)]
enum Stroke {
    Key(KeyEvent),
    Wait(u64),
    Resize(u16, u16),
    Paste(String),
    World(Box<Snapshot>),
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let special = prop::sample::select(vec![
        KeyCode::Enter,
        KeyCode::Enter,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Esc,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::F(5),
        KeyCode::Null,
    ]);
    let bound = prop::sample::select("ABUXanNMpm!rxdi/ozfetcys12345jkgGhl?:q%".chars().collect::<Vec<_>>());
    let code =
        prop_oneof![4 => bound.prop_map(KeyCode::Char), 4 => special, 1 => any::<char>().prop_map(KeyCode::Char)];
    let held = prop_oneof![
        8 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::SHIFT),
        1 => prop::sample::select(vec![KeyModifiers::CONTROL, KeyModifiers::ALT]),
    ];
    (code, held).prop_map(|(code, held)| KeyEvent::new(code, held))
}

fn stroke() -> impl Strategy<Value = Stroke> {
    prop_oneof![
        20 => any_key().prop_map(Stroke::Key),
        4 => (0_u64..900).prop_map(Stroke::Wait),
        1 => (0_u16..220, 0_u16..70).prop_map(|(width, height)| Stroke::Resize(width, height)),
        1 => ".{0,60}".prop_map(Stroke::Paste),
        2 => random::snapshot().prop_map(|snapshot| Stroke::World(Box::new(snapshot))),
    ]
}

impl Bench {
    /// What the engine may be told for the next key: what the dialog on top asks, if its button has the focus and it
    /// was up long enough; or the selected step, if it was.
    fn may_send(&self) -> Vec<Command> {
        let real = self.now.monotonic;
        match self.model.overlays.last() {
            Some(Overlay::Dialog(dialog))
                if dialog.focus == Focus::Yes && dialog.is_awake(real) && dialog.may_say_yes() =>
            {
                match &dialog.then {
                    crate::ui::overlay::Then::Send(commands) => commands.clone(),
                    _ => Vec::new(),
                }
            }
            Some(Overlay::Approvals(Some(step))) => {
                let since = self.model.on_screen.get(step).copied().unwrap_or(real);
                let seen = real.saturating_sub(since) >= Duration::from_millis(500);
                let revision = self.model.world.as_ref().map(|world| world.snapshot().revision);
                let approve = revision.map(|revision| Command::Approve { revision, step: *step });
                approve.into_iter().filter(|_| seen).collect()
            }
            _ => Vec::new(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_keys_at_all_act_but_through_a_dialog_or_the_list_of_approvals(strokes in vec(stroke(), 1..120)) {
        let mut bench = Bench::new(100, 30);
        for stroke in strokes {
            match stroke {
                Stroke::Key(key) => {
                    let allowed = bench.may_send();
                    for command in bench.press(key).iter().filter(|command| acts(command)) {
                        prop_assert!(allowed.contains(command), "{key:?} sent {command:?}, not one of {allowed:?}");
                    }
                }
                Stroke::Wait(time) => bench.pass(Duration::from_millis(time)),
                Stroke::Resize(width, height) => {
                    bench.take(Message::Input(vec![TerminalEvent::Resize(width, height)]));
                }
                Stroke::Paste(text) => {
                    let effects = bench.take(Message::Input(vec![TerminalEvent::Paste(text)]));
                    prop_assert_eq!(effects, []);
                }
                Stroke::World(snapshot) => bench.show(&snapshot),
            }
            bench.draw();
        }
    }

    #[test]
    fn a_paste_or_a_burst_sends_nothing_from_wherever_the_keys_have_led(
        snapshot in random::snapshot(),
        way in vec(any_key(), 0..12),
        text in ".{8,200}",
    ) {
        let mut bench = Bench::new(80, 24);
        bench.show(&snapshot);
        for key in way {
            bench.pass(Duration::from_millis(600));
            bench.press(key);
        }
        bench.pass(Duration::from_millis(600));
        prop_assert_eq!(bench.take(Message::Input(vec![TerminalEvent::Paste(text.clone())])), []);
        let typed = text.chars().chain("A\tl\n\nyY".chars());
        let burst: Vec<TerminalEvent> = typed
            .map(|c| match c {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                c => KeyCode::Char(c),
            })
            .map(|code| TerminalEvent::Key(KeyEvent::from(code)))
            .collect();
        prop_assert_eq!(bench.take(Message::Input(burst)), []);
    }

    #[test]
    fn a_dialog_sends_what_it_showed_or_nothing_whatever_happened_since(
        first in random::snapshot(),
        then in vec(random::snapshot(), 0..6),
        (down, command) in (0_usize..8, prop::sample::select(vec!["A", "B", "U"])),
    ) {
        let mut bench = Bench::new(80, 24);
        bench.show(&first);
        for _ in 0..down {
            bench.press(KeyEvent::from(KeyCode::Char('j')));
        }
        bench.press(KeyEvent::from(Key::parse(command).unwrap()));
        let Some(Overlay::Dialog(dialog)) = bench.model.overlays.last().cloned() else { return Ok(()) };
        let shown: Vec<String> = dialog.body.iter().map(|(_, text)| text.clone()).collect();
        for snapshot in then {
            bench.pass(Duration::from_secs(1));
            bench.show(&snapshot);
        }
        bench.pass(Duration::from_secs(1));
        let name = dialog.typed.as_ref().map(|typed| typed.expected.clone()).unwrap_or_default();
        for c in name.chars() {
            bench.press(KeyEvent::from(KeyCode::Char(c)));
        }
        bench.press(KeyEvent::from(KeyCode::Tab));
        let commands = bench.press(KeyEvent::from(KeyCode::Enter));
        for command in &commands {
            let Command::Demand { machine, action } = command else { panic!("{command:?}") };
            prop_assert!(dialog.title.contains(machine.as_str()));
            let ids: Vec<String> = format!("{action:?}").split('"').filter(|word| word.starts_with("i-") || word.starts_with("vol-")).map(str::to_owned).collect();
            prop_assert!(!ids.is_empty());
            for id in ids {
                prop_assert!(shown.iter().any(|text| text.contains(&id)), "{id} was not shown in {shown:?}");
            }
        }
        if commands.is_empty() {
            let told = bench.model.toast.as_ref().map(|toast| toast.text.clone());
            prop_assert!(told.is_some(), "nothing was sent, and nothing was said");
        }
    }
}
