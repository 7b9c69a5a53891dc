//! What was selected stays selected, or nothing is.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ui::keymap::Key;
use crate::ui::pane::Pane;
use crate::ui::subject::Subject;

fn key(word: &str) -> crossterm::event::KeyEvent {
    Key::parse(word).unwrap().into()
}

/// Where the operator goes before the world changes.
fn way() -> impl Strategy<Value = Vec<&'static str>> {
    let pane = prop::sample::select(vec!["1", "2", "3", "4"]);
    let step = prop::sample::select(vec!["j", "j", "j", "k", "G", "g", "Ctrl-d", "z"]);
    let order = prop::sample::select(vec![vec![], vec!["o", "j", "Enter"], vec!["o", "j", "j", "Enter"]]);
    let filter = prop::sample::select(vec![vec![], vec!["/", "m", "Enter"], vec!["/", "a", "Enter"]]);
    (pane, order, filter, vec(step, 0..9)).prop_map(|(pane, order, filter, steps)| {
        let mut keys = vec![pane];
        keys.extend(order.into_iter().chain(filter).chain(steps));
        keys
    })
}

fn is_there(bench: &Bench, subject: &Subject) -> bool {
    let seen = bench.model.world.as_ref().and_then(|world| world.seen());
    match subject {
        Subject::Instance(id) => seen.is_some_and(|seen| seen.instance(id).is_some()),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_refresh_keeps_the_selected_row_by_its_id_or_clears_it_and_says_so(
        first in random::snapshot(),
        then in vec(random::snapshot(), 1..5),
        way in way(),
    ) {
        let mut bench = Bench::new(80, 24);
        bench.show(&first);
        for word in way {
            bench.press(key(word));
        }
        let pane = bench.model.pane;
        let mut selected = bench.model.subject();
        for snapshot in then {
            let (filter, zoomed) = (bench.model.filter(pane).to_string(), bench.model.zoomed);
            bench.model.toast = None;
            bench.show(&snapshot);
            let now = bench.model.subject();
            prop_assert_eq!(bench.model.pane, pane);
            prop_assert_eq!(bench.model.filter(pane).to_string(), filter);
            prop_assert_eq!(bench.model.zoomed, zoomed);
            match (&selected, &now) {
                (Some(before), None) => {
                    let told = bench.model.toast.as_ref().map(|toast| toast.text.clone()).unwrap_or_default();
                    prop_assert!(told.contains(&before.to_string()), "{told}");
                    let hidden = told.contains("hides");
                    prop_assert_eq!(is_there(&bench, before), hidden, "{}", told);
                }
                (before, now) => prop_assert_eq!(before, now),
            }
            selected = now;
        }
    }

    #[test]
    fn the_other_panes_show_what_belongs_to_the_selected_machine(
        snapshots in vec(random::snapshot(), 1..4),
        way in way(),
    ) {
        let mut bench = Bench::new(200, 60);
        bench.show(&snapshots[0]);
        for word in way {
            bench.press(key(word));
        }
        for snapshot in &snapshots {
            bench.show(snapshot);
            let Some(machine) = bench.model.selected_machine().cloned() else { continue };
            let lists = &bench.model.lists;
            let own = [
                lists.machines.selected().cloned().map(Subject::Machine),
                lists.requests.selected().cloned().map(Subject::Request),
                lists.instances.selected().cloned().map(Subject::Instance),
                lists.volumes.selected().cloned().map(Subject::Volume),
            ];
            let world = bench.model.world.as_ref().unwrap();
            for subject in own.into_iter().flatten() {
                prop_assert_eq!(world.owner(&subject), Some(&machine), "{:?}", subject);
            }
        }
    }

    #[test]
    fn whatever_is_shown_in_any_size_no_control_character_reaches_a_cell(
        snapshot in random::snapshot(),
        (width, height) in (0_u16..250, 0_u16..80),
        pane in prop::sample::select(Pane::ALL.to_vec()),
        over in prop::sample::select(vec!["Esc", "p", "d", "i", "x", "y", "o", "?", "A", "B", "z", ":"]),
    ) {
        let mut bench = Bench::new(width, height);
        bench.show(&snapshot);
        bench.model.pane = pane;
        bench.press(key(over));
        for cell in bench.draw().content() {
            let is_harmful = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            prop_assert!(!cell.symbol().chars().any(is_harmful), "{}", cell.symbol().escape_debug());
        }
    }
}
