//! What the README shows of the screen is what the screen shows. After a change of it:
//! `UPDATE_EXPECT=1 cargo test --test it readme`.

use std::fmt::Write as _;
use std::fs;

use anstyle_svg::Term;
use expect_test::expect_file;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};
use spotkeeper::ui::Bindings;

use crate::screen;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// The lines around the table of keys.
const BEGIN: &str = "<!-- keys: written by `UPDATE_EXPECT=1 cargo test --test it readme` -->\n";
const END: &str = "<!-- end of keys -->\n";

#[test]
fn the_readmes_table_of_keys_is_the_commands_of_the_screen() {
    let readme = fs::read_to_string(README).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a table of keys");
    let (_, after) = rest.split_once(END).expect("the table of keys has an end");
    expect_file![README].assert_eq(&format!("{before}{BEGIN}{}{END}{after}", table()));
}

fn table() -> String {
    let mut table = "| key | name | what it does |\n|---|---|---|\n".to_owned();
    for command in Bindings::load(None).unwrap().commands() {
        let keys: Vec<String> =
            command.keys.split_whitespace().map(|key| format!("`{}`", key.replace('|', "\\|"))).collect();
        writeln!(table, "| {} | `{}` | {} |", keys.join(" "), command.name, command.sentence).unwrap();
    }
    table
}

#[tokio::test(start_paused = true)]
async fn the_readmes_picture_is_the_screen() {
    let picture = Term::new().render_svg(&ansi(&screen::picture().await));
    expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/assets/screen.svg")].assert_eq(&picture);
}

/// A buffer as a terminal would be sent it, line by line.
fn ansi(buffer: &Buffer) -> String {
    let mut out = String::new();
    for line in buffer.content().chunks(usize::from(buffer.area.width)) {
        let mut now = Style::reset();
        for cell in line {
            if cell.style() != now {
                now = cell.style();
                write!(out, "\u{1b}[{}m", codes(cell)).unwrap();
            }
            out.push_str(cell.symbol());
        }
        out.push_str("\u{1b}[0m\n");
    }
    out
}

/// The SGR codes of a cell, from none.
fn codes(cell: &Cell) -> String {
    let modifiers = [(Modifier::BOLD, "1"), (Modifier::DIM, "2"), (Modifier::REVERSED, "7")];
    let set = modifiers.into_iter().filter(|(modifier, _)| cell.modifier.contains(*modifier)).map(|(_, code)| code);
    let colour = match cell.fg {
        Color::Reset => None,
        Color::Red => Some("31"),
        Color::Green => Some("32"),
        Color::Yellow => Some("33"),
        Color::Cyan => Some("36"),
        other => panic!("a colour that the picture does not know: {other:?}"),
    };
    ["0"].into_iter().chain(set).chain(colour).collect::<Vec<_>>().join(";")
}
