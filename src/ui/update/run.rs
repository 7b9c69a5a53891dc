//! Running a command.

use std::sync::Arc;
use std::time::Duration;

use tui_input::Input;

use super::super::availability::{actions_of, may_run, patient, selected_step, ssh_words};
use super::super::command::Command;
use super::super::demand;
use super::super::message::Effect;
use super::super::model::{Link, Model};
use super::super::overlay::{Details, Dialog, Item, Menu, Overlay, Palette, Pick, Prompt, Then, Ward};
use super::super::pane::Pane;
use super::super::table::Move;
use super::super::view::mode_word;
use super::{copying, moving, news};
use crate::config::Mode;
use crate::model::Now;
use crate::plan::{Gate, span};
use crate::protocol::{Command as Order, MachineView, Weight};

/// A step must have been on screen this long before a key approves it.
const SEEN: Duration = Duration::from_millis(500);

/// For how long a snoozed step is not asked for again.
const SNOOZE: Duration = Duration::from_hours(1);

/// Runs a command, or says why it does not run now.
pub(super) fn run(model: &mut Model, command: Command) -> Vec<Effect> {
    if let Err(why) = may_run(model, command) {
        model.say(format!("{}: {why}", command.entry().word), Weight::Warning);
        return Vec::new();
    }
    match command {
        Command::AttachNow | Command::DetachNow | Command::RebootNow | Command::RewriteName => ask(model, command),
        Command::Approve | Command::Decline | Command::Snooze | Command::MarkRebooted => return answer(model, command),
        Command::Pending => open_approvals(model),
        Command::Mode => open_modes(model),
        Command::Pause => return pause(model),
        Command::LookNow => return look_now(model),
        Command::Actions => open_actions(model),
        Command::Details => open_details(model, false),
        Command::RawFields => open_details(model, true),
        Command::Doctor => return examine(model),
        Command::Filter => open_filter(model),
        Command::Sort => open_sort(model),
        Command::Zoom => {
            model.zoomed = !model.zoomed;
            moving::reveal(model);
        }
        Command::Freeze => freeze(model),
        Command::ErrorsOnly => model.log.toggle_errors_only(),
        Command::ToggleTime => model.relative_times = !model.relative_times,
        Command::CopyId => return copying::id(model),
        Command::CopyMenu => copying::open(model),
        Command::Ssh => return ssh(model),
        Command::Palette => model.overlays.push(Overlay::Palette(Palette::default())),
        Command::Help => model.overlays.push(Overlay::Help(0)),
        Command::Back => back(model),
        Command::Quit => return quit(model),
        Command::Suspend => return suspend(model),
        Command::ToggleMouse => {
            model.mouse = !model.mouse;
            let words = if model.mouse { "the mouse selects and scrolls" } else { "the mouse is the terminal's again" };
            model.say(words, Weight::Info);
            return vec![Effect::Mouse(model.mouse)];
        }
        other => go(model, other),
    }
    Vec::new()
}

fn go(model: &mut Model, command: Command) {
    let pane = match command {
        Command::NextPane | Command::Right => model.pane.next(),
        Command::PreviousPane | Command::Left => model.pane.previous(),
        Command::Machines => Pane::Machines,
        Command::Requests => Pane::Requests,
        Command::Instances => Pane::Instances,
        Command::Volumes => Pane::Volumes,
        Command::Log => Pane::Log,
        _ => {
            if let Some(to) = motion(command) {
                moving::go(model, to);
            }
            return;
        }
    };
    moving::focus(model, pane);
}

/// The movement that a command stands for.
pub(super) fn motion(command: Command) -> Option<Move> {
    Some(match command {
        Command::Down => Move::Down,
        Command::Up => Move::Up,
        Command::First => Move::First,
        Command::Last => Move::Last,
        Command::PageDown => Move::PageDown,
        Command::PageUp => Move::PageUp,
        Command::HalfPageDown => Move::HalfPageDown,
        Command::HalfPageUp => Move::HalfPageUp,
        _ => return None,
    })
}

fn ask(model: &mut Model, command: Command) {
    match demand::dialog(model, command) {
        Ok(dialog) => model.overlays.push(Overlay::Dialog(dialog)),
        Err(why) => model.say(why, Weight::Warning),
    }
}

/// Answers the selected step: by its number in the plan that is shown, so that a plan that moved on refuses it.
fn answer(model: &mut Model, command: Command) -> Vec<Effect> {
    let (Ok(numbered), Some(world)) = (selected_step(model), &model.world) else { return Vec::new() };
    let (revision, step) = (world.snapshot().revision, numbered.number);
    let seen = model.on_screen.get(&step).map_or(Duration::ZERO, |since| model.now.real.saturating_sub(*since));
    if seen < SEEN {
        model.say(format!("step {step} has only just come up: read it, and press again"), Weight::Warning);
        return Vec::new();
    }
    let (order, words) = match command {
        Command::Approve => (Order::Approve { revision, step }, "approved"),
        Command::Decline => (Order::Decline { revision, step }, "declined until its subject changes"),
        Command::Snooze => (Order::Snooze { revision, step, pause: SNOOZE }, "put off for an hour"),
        _ => {
            match demand::mark_rebooted(model, &numbered) {
                Ok(dialog) => model.overlays.push(Overlay::Dialog(dialog)),
                Err(why) => model.say(why, Weight::Warning),
            }
            return Vec::new();
        }
    };
    model.say(format!("step {step} {words}: {} for {}", numbered.step.action, numbered.step.machine), Weight::Info);
    vec![Effect::Send(order)]
}

fn open_approvals(model: &mut Model) {
    model.overlays.retain(|overlay| !matches!(overlay, Overlay::Approvals(_)));
    model.overlays.push(Overlay::Approvals(None));
    news::sync_approvals(model);
}

fn open_modes(model: &mut Model) {
    let now = model.mode();
    let items = [
        (Mode::ReadOnly, "looks, and changes nothing"),
        (Mode::Confirm, "asks before each attach and reboot"),
        (Mode::Auto, "acts by itself; first shows what it would do"),
    ];
    let items = items.map(|(mode, note)| Item {
        key: if now == Some(mode) { "*".to_owned() } else { " ".to_owned() },
        label: mode_word(mode).to_owned(),
        note: note.to_owned(),
        pick: Some(Pick::SetMode(mode)),
    });
    let mut menu = Menu::new("Mode", items.into());
    menu.selected = menu.items.iter().position(|item| item.key == "*").unwrap_or_default();
    model.overlays.push(Overlay::Menu(menu));
}

/// Pauses at once; resuming asks.
fn pause(model: &mut Model) -> Vec<Effect> {
    if model.is_paused() {
        let dialog = demand::resume(model);
        model.overlays.push(Overlay::Dialog(dialog));
        return Vec::new();
    }
    vec![Effect::Send(Order::Pause)]
}

/// Looks at once, and says so: while EC2 does not answer, nothing else would.
fn look_now(model: &mut Model) -> Vec<Effect> {
    let since = model.latest.as_ref().and_then(|snapshot| snapshot.looking_since);
    let words = match since {
        Some(since) => {
            let waits = span(model.now.clock.monotonic.saturating_sub(since));
            format!("a look has been under way for {waits}; the next follows at once")
        }
        None => "looking".to_owned(),
    };
    model.say(words, Weight::Info);
    vec![Effect::Send(Order::LookNow)]
}

fn open_actions(model: &mut Model) {
    let Some(subject) = model.subject() else { return };
    let items = actions_of(&subject).iter().map(|command| {
        let why_not = may_run(model, *command).err();
        Item {
            key: model.keys.first_key(*command),
            label: command.entry().name.to_owned(),
            note: why_not.as_deref().map_or_else(|| command.entry().sentence.to_owned(), |why| format!("no: {why}")),
            pick: why_not.is_none().then_some(Pick::Run(*command)),
        }
    });
    let menu = Menu::new(format!("Actions for {subject}"), items.collect());
    model.overlays.push(Overlay::Menu(menu));
}

fn open_details(model: &mut Model, raw: bool) {
    if let Some(Overlay::Details(details)) = model.overlays.last_mut() {
        details.raw = raw != details.raw;
        details.scroll = 0;
        return;
    }
    if model.pane == Pane::Log && model.overlays.is_empty() {
        return moving::open_log_lines(model);
    }
    if let Some(subject) = moving::subject(model) {
        model.overlays.push(Overlay::Details(Details { subject, raw, scroll: 0 }));
    }
}

/// Asks the engine for an examination, and shows it when it is there.
fn examine(model: &mut Model) -> Vec<Effect> {
    let Some(machine) = patient(model).cloned() else { return Vec::new() };
    model.overlays.retain(|overlay| !matches!(overlay, Overlay::Ward(_)));
    model.overlays.push(Overlay::Ward(Ward::of(machine.clone())));
    vec![Effect::Send(Order::Examine { machine })]
}

fn open_filter(model: &mut Model) {
    let before = model.filter(model.pane).to_string();
    let selected = (model.pane != Pane::Log).then(|| model.subject()).flatten();
    let prompt = Prompt { input: Input::new(before.clone()), before, selected, trouble: None };
    model.overlays.push(Overlay::Filter(prompt));
}

fn open_sort(model: &mut Model) {
    let pane = model.pane;
    let item = |label: &str, note: &str, column| Item {
        key: String::new(),
        label: label.to_owned(),
        note: note.to_owned(),
        pick: Some(Pick::Sort(pane, column)),
    };
    let mut items = vec![item("natural order", "the order of the configuration", None)];
    let columns = Model::columns(pane).iter().enumerate();
    items.extend(columns.map(|(number, column)| item(column.key, "the same again reverses", Some(number))));
    model.overlays.push(Overlay::Menu(Menu::new(format!("Sort {} by", pane.title()), items)));
}

fn freeze(model: &mut Model) {
    if model.pane == Pane::Log {
        model.log.toggle_following();
        return;
    }
    model.frozen = !model.frozen;
    if model.frozen {
        model.say("the screen is frozen; the program goes on", Weight::Warning);
    } else if let Some(latest) = model.latest.as_ref().map(Arc::clone) {
        model.say("the screen goes on", Weight::Info);
        news::show(model, latest);
    }
}

fn ssh(model: &Model) -> Vec<Effect> {
    let Some(name) = model.selected_machine() else { return Vec::new() };
    let Ok(words) = ssh_words(model, Some(name)) else { return Vec::new() };
    vec![Effect::Ssh(name.clone(), words)]
}

/// One level back: the top layer, then the filter, then the zoom.
pub(super) fn back(model: &mut Model) {
    if super::layers::close(model) {
        return;
    }
    if !model.filter(model.pane).is_empty() {
        super::layers::set_filter(model, "");
        if model.subject().is_none() {
            moving::go(model, Move::First);
        }
    } else if model.zoomed {
        model.zoomed = false;
        moving::reveal(model);
    }
}

/// Closes what is on top, else leaves: at once, or after a question where something would stop.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    if super::layers::close(model) {
        return Vec::new();
    }
    match what_stops(model) {
        Some(words) => {
            let dialog = Dialog::new("Quit?", "Quit", Then::Quit, model.now.real).with("stops", words);
            model.overlays.push(Overlay::Dialog(dialog));
            Vec::new()
        }
        None => leave(model),
    }
}

fn suspend(model: &mut Model) -> Vec<Effect> {
    match what_stops(model) {
        Some(words) => {
            let dialog = Dialog::new("Suspend?", "Suspend", Then::Suspend, model.now.real)
                .with("stops", words)
                .with("later", "fg brings it back, and it looks again at once");
            model.overlays.push(Overlay::Dialog(dialog));
            Vec::new()
        }
        None => vec![Effect::Suspend],
    }
}

/// What would stop with the program, if that is worth a question.
fn what_stops(model: &Model) -> Option<String> {
    if model.link != Link::Up {
        return None;
    }
    let snapshot = model.latest.as_deref()?;
    if let Some(flight) = snapshot.in_flight.first() {
        let Now { wall, .. } = model.now.clock;
        let since = span(crate::model::age(wall, flight.began));
        let step = &flight.step.step;
        return Some(format!("{}: {} runs since {since}; it is finished first", step.machine, step.action));
    }
    let open = |view: &MachineView| view.steps().find(|numbered| numbered.step.gate == Gate::Open);
    if let (true, Some(next)) = (snapshot.paused.is_none(), snapshot.machines.iter().find_map(open)) {
        return Some(format!("{}: {} comes next, and would not be done", next.step.machine, next.step.action));
    }
    let acts = snapshot.mode == Mode::Auto && snapshot.may_act && snapshot.paused.is_none();
    acts.then(|| "the autopilot: nobody keeps the machines until it is started again".to_owned())
}

/// Leaves after the step in flight; asked again, at once.
pub(super) fn leave(model: &mut Model) -> Vec<Effect> {
    let at_once = std::mem::replace(&mut model.leaving, true);
    if !at_once {
        model.say("leaving after the step in flight; Ctrl-c again does not wait", Weight::Info);
    }
    vec![Effect::Quit { at_once }]
}
