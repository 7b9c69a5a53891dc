//! Writing a machine into the text of a configuration, and taking one out: what people wrote around it stays.

use std::fmt::Write as _;

use thiserror::Error;
use toml_edit::{DocumentMut, Item, Table, TomlError};

use super::{ConfigError, Environment, parse, parse_settings};
use crate::model::{DeviceName, HostName, MachineName, SpotRequestId, VolumeId};

/// A machine as it is written: with what is not the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMachine {
    /// Its name.
    pub name: MachineName,
    /// Its request.
    pub spot_request: SpotRequestId,
    /// Its host names.
    pub hostnames: Vec<HostName>,
    /// The login name.
    pub ssh_user: Option<String>,
    /// Its volume.
    pub volume: VolumeId,
    /// The device name.
    pub device: DeviceName,
}

impl NewMachine {
    /// What stands for it in a configuration, lines with their ends.
    #[must_use]
    pub fn text(&self) -> String {
        let mut block = String::from("[[machine]]\n");
        let text = |text: &str| toml_edit::value(text).to_string();
        let _ = writeln!(block, "name = {}", text(self.name.as_str()));
        let _ = writeln!(block, "spot_request = {}", text(self.spot_request.as_str()));
        if !self.hostnames.is_empty() {
            let names: Vec<String> = self.hostnames.iter().map(|name| text(name.as_str())).collect();
            let _ = writeln!(block, "hostnames = [{}]", names.join(", "));
        }
        if let Some(user) = &self.ssh_user {
            let _ = writeln!(block, "ssh_user = {}", text(user));
        }
        let _ = writeln!(block, "\n[[machine.volume]]\nid = {}", text(self.volume.as_str()));
        let _ = writeln!(block, "device = {}", text(self.device.as_str()));
        block
    }
}

/// Why a machine cannot be written or taken out.
#[derive(Debug, Error)]
pub enum EditError {
    /// The file has mistakes already, or would have them afterwards.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It is not TOML that can be edited.
    #[error("the configuration cannot be edited: {0}")]
    Toml(#[from] TomlError),
    /// Its machines are written in a way that is left to people.
    #[error(
        "the configuration's machines are not written as [[machine]], so that they are left to people: write each under \
         a [[machine]] of its own, or change them by hand"
    )]
    ByHand,
    /// A machine of that name is in it already.
    #[error("the configuration has a machine {0} already; give the new one another name, or take that one out")]
    Taken(MachineName),
}

/// The text with a machine at its end; nothing before it changes. `file` is what error messages call it.
///
/// # Errors
///
/// When the text has mistakes, has a machine of that name, or would have mistakes with it.
pub fn with_machine(file: &str, text: &str, machine: &NewMachine, env: &Environment) -> Result<String, EditError> {
    let before = parse_settings(file, text, env)?;
    if before.machine(&machine.name).is_some() {
        return Err(EditError::Taken(machine.name.clone()));
    }
    if !is_list_of_tables(text)? {
        return Err(EditError::ByHand);
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut after = text.to_owned();
    if !text.is_empty() {
        if !text.ends_with('\n') {
            after.push_str(newline);
        }
        after.push_str(newline);
    }
    after.push_str(&machine.text().replace('\n', newline));
    parse(file, &after, env)?;
    Ok(after)
}

/// The text without a machine of this name, and without the comment that stands right above it; what else people wrote
/// stays. Unchanged when there is none.
///
/// # Errors
///
/// When the text has mistakes, or would have them afterwards. That no machine is left is none.
pub fn without_machine(file: &str, text: &str, name: &MachineName, env: &Environment) -> Result<String, EditError> {
    let before = parse_settings(file, text, env)?;
    if before.machine(name).is_none() {
        return Ok(text.to_owned());
    }
    let mark = if text.starts_with('\u{feff}') { "\u{feff}" } else { "" };
    let mut document: DocumentMut = text.trim_start_matches('\u{feff}').parse()?;
    let Some(machines) = document.get_mut("machine").and_then(Item::as_array_of_tables_mut) else {
        return Err(EditError::ByHand);
    };
    let is_it = |machine: &Table| machine.get("name").and_then(Item::as_str) == Some(name.as_str());
    let Some(index) = machines.iter().position(is_it) else { return Ok(text.to_owned()) };
    let above = machines.get(index).and_then(|machine| machine.decor().prefix()).and_then(|prefix| prefix.as_str());
    let kept = far_above(above.unwrap_or_default()).to_owned();
    let place = machines.get(index).and_then(Table::position);
    machines.remove(index);
    if machines.is_empty() {
        document.remove("machine");
    }
    if let Some(next) = place.and_then(|place| heading_after(document.as_table_mut(), place)) {
        let own = next.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
        let both = format!("{kept}{own}");
        next.decor_mut().set_prefix(both);
    } else {
        let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(format!("{kept}{trailing}"));
    }
    let mut after = format!("{mark}{document}");
    if text.contains("\r\n") {
        after = after.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    parse_settings(file, &after, env)?;
    Ok(after)
}

/// The table whose heading comes next after this place in the text, wherever it is in the document.
fn heading_after(document: &mut Table, place: isize) -> Option<&mut Table> {
    let next = headings(document).into_iter().filter(|heading| *heading > place).min()?;
    heading_at(document, next)
}

/// The places of all headings of a table and of those in it.
fn headings(table: &Table) -> Vec<isize> {
    let below = table.iter().flat_map(|(_, item)| match item {
        Item::Table(table) => headings(table),
        Item::ArrayOfTables(tables) => tables.iter().flat_map(headings).collect(),
        _ => Vec::new(),
    });
    heading(table).into_iter().chain(below).collect()
}

/// The place of a table's own heading; none for one that is only named by those in it, or by dotted keys.
fn heading(table: &Table) -> Option<isize> {
    table.position().filter(|_| !table.is_implicit() && !table.is_dotted())
}

fn heading_at(table: &mut Table, place: isize) -> Option<&mut Table> {
    if heading(table) == Some(place) {
        return Some(table);
    }
    table.iter_mut().find_map(|(_, item)| match item {
        Item::Table(table) => heading_at(table, place),
        Item::ArrayOfTables(tables) => tables.iter_mut().find_map(|table| heading_at(table, place)),
        _ => None,
    })
}

/// Of what stands above a heading, all but the comment that touches it.
fn far_above(prefix: &str) -> &str {
    let mut end = prefix.len();
    for line in prefix.split_inclusive('\n').rev() {
        if line.trim().is_empty() {
            break;
        }
        end -= line.len();
    }
    prefix.get(..end).unwrap_or_default()
}

fn is_list_of_tables(text: &str) -> Result<bool, TomlError> {
    let document: DocumentMut = text.trim_start_matches('\u{feff}').parse()?;
    Ok(document.get("machine").is_none_or(Item::is_array_of_tables))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EXAMPLE;

    fn env() -> Environment {
        Environment { home: Some("/home/me".into()), ..Environment::default() }
    }

    fn machine(name: &str) -> NewMachine {
        NewMachine {
            name: name.parse().unwrap(),
            spot_request: "sir-0a1b2c3d".parse().unwrap(),
            hostnames: vec!["lab.example.com".parse().unwrap(), "lab2.example.com".parse().unwrap()],
            ssh_user: Some("ubuntu".to_owned()),
            volume: "vol-0a1b2c3d".parse().unwrap(),
            device: "/dev/sdp".parse().unwrap(),
        }
    }

    fn with(text: &str, name: &str) -> Result<String, EditError> {
        with_machine("c.toml", text, &machine(name), &env())
    }

    fn without(text: &str, name: &str) -> String {
        without_machine("c.toml", text, &name.parse().unwrap(), &env()).unwrap()
    }

    #[test]
    fn a_machine_stands_at_the_end_and_all_before_it_is_as_it_was() {
        for text in ["", "# mine\n[aws]\nregion = \"us-east-1\"", EXAMPLE, "[poll]\r\nsteady = \"30s\"\r\n"] {
            let after = with(text, "lab").unwrap();
            assert!(after.starts_with(text), "{after}");
            let config = parse("c.toml", &after, &env()).unwrap();
            let lab = config.machine(&"lab".parse().unwrap()).unwrap();
            assert_eq!(lab.spot_request.as_str(), "sir-0a1b2c3d");
            assert_eq!((lab.hostnames.len(), lab.ssh_user.as_deref()), (2, Some("ubuntu")));
            assert_eq!(lab.volumes[0].id.as_str(), "vol-0a1b2c3d");
            assert_eq!(after.contains("\r\n"), text.contains("\r\n"));
            assert!(!after.replace("\r\n", "").contains('\r'));
        }
    }

    #[test]
    fn what_was_written_is_taken_out_again_and_the_rest_is_as_it_was() {
        for text in ["# mine\n[aws]\nregion = \"us-east-1\"\n", EXAMPLE] {
            let after = without(&with(text, "lab").unwrap(), "lab");
            assert_eq!(after.trim_end(), text.trim_end());
            assert_eq!(without(text, "lab"), text, "one that is not there is not taken out");
        }
    }

    #[test]
    fn what_stands_at_the_top_stays_there_when_the_machine_below_it_goes() {
        let lab = machine("lab").text();
        let text = format!(
            "# mine, since 2026\n\n# the lab\n{lab}\n[hosts]\nenabled = true\n\n# often\n[poll]\nsteady = \"30s\"\n"
        );
        let after = without(&text, "lab");
        assert_eq!(after, "# mine, since 2026\n\n\n[hosts]\nenabled = true\n\n# often\n[poll]\nsteady = \"30s\"\n");
    }

    #[test]
    fn taken_out_of_the_middle_its_comment_goes_and_others_stay() {
        let [first, second] = ["first", "second"].map(|name| {
            let text = NewMachine { name: name.parse().unwrap(), ..machine(name) }.text();
            text.replace("sir-0a1b2c3d", &format!("sir-{name:0<8}")).replace("lab", name)
        });
        let second = second.replace("vol-0a1b2c3d", "vol-11111111");
        let text = format!("# all of them\n\n# the first\n{first}\n# the second\n{second}# the end\n");
        let after = without(&text, "first");
        assert!(
            after.contains("# all of them") && after.contains("# the second") && after.contains("# the end"),
            "{after}"
        );
        assert!(!after.contains("# the first") && !after.contains("sir-first"), "{after}");
        let none = without(&after, "second");
        assert!(none.contains("# all of them") && none.contains("# the end") && !none.contains("machine"), "{none}");
        assert!(parse_settings("c.toml", &none, &env()).unwrap().machines.is_empty());
        assert!(parse("c.toml", &none, &env()).is_err());
    }

    #[test]
    fn a_name_twice_a_second_owner_and_a_broken_file_are_refused() {
        let once = with("", "lab").unwrap();
        assert!(matches!(with(&once, "lab"), Err(EditError::Taken(_))));
        // The same request and volume under another name.
        assert!(matches!(with(&once, "lab2"), Err(EditError::Config(_))));
        assert!(matches!(with("[aws\n", "lab"), Err(EditError::Config(_))));
    }

    #[test]
    fn machines_in_a_list_on_one_line_are_left_to_people() {
        let volume = "volume = [{ id = 'vol-1a1b2c3d', device = '/dev/sdp' }]";
        let text = format!("machine = [{{ name = 'a', spot_request = 'sir-1a1b2c3d', {volume} }}]\n");
        assert!(matches!(with(&text, "lab"), Err(EditError::ByHand)));
        let without = without_machine("c.toml", &text, &"a".parse().unwrap(), &env());
        assert!(matches!(without, Err(EditError::ByHand)));
    }
}
