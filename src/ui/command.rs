//! The commands as data: key bar, help, palette and the README's table all derive from this one table.

use super::keymap::KnownCommand;

/// Where a command's key is looked up first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everywhere outside text fields and dialogs.
    Global,
    /// Only in the list of approvals.
    Approvals,
}

impl Scope {
    /// The name of the scope in the key file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Approvals => "approvals",
        }
    }
}

/// What a command is for; help is grouped by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Doing something to the world.
    Acting,
    /// Whether the program acts.
    Autopilot,
    /// Looking closer.
    Looking,
    /// Moving about.
    Moving,
    /// The program itself.
    Program,
}

impl Group {
    /// All groups, as help shows them.
    pub(crate) const ALL: [Self; 5] = [Self::Acting, Self::Autopilot, Self::Looking, Self::Moving, Self::Program];

    /// Its heading.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Acting => "Acting",
            Self::Autopilot => "Autopilot",
            Self::Looking => "Looking",
            Self::Moving => "Moving about",
            Self::Program => "Program",
        }
    }
}

/// One command's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The command.
    pub(crate) command: Command,
    /// Its name in key file and palette.
    pub(crate) name: &'static str,
    /// What it does, in one sentence.
    pub(crate) sentence: &'static str,
    /// One word for the key bar.
    pub(crate) word: &'static str,
    /// Where its key is looked up.
    pub(crate) scope: Scope,
    /// What it is for.
    pub(crate) group: Group,
    /// Whether it changes, or leads to a change of, the world.
    pub(crate) acting: bool,
}

macro_rules! commands {
    ($($variant:ident = $name:literal, $word:literal, $scope:ident, $group:ident, $acting:literal, $sentence:literal;)+) => {
        /// A command of the screen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Command {
            $(#[doc = $sentence] $variant,)+
        }

        /// Every command.
        pub(crate) const TABLE: &[Entry] = &[
            $(Entry {
                command: Command::$variant,
                name: $name,
                sentence: $sentence,
                word: $word,
                scope: Scope::$scope,
                group: Group::$group,
                acting: $acting,
            },)+
        ];

        impl Command {
            /// Its entry in the table.
            pub(crate) const fn entry(self) -> &'static Entry {
                match self {
                    $(Self::$variant => {
                        const ENTRY: Entry = Entry {
                            command: Command::$variant,
                            name: $name,
                            sentence: $sentence,
                            word: $word,
                            scope: Scope::$scope,
                            group: Group::$group,
                            acting: $acting,
                        };
                        &ENTRY
                    })+
                }
            }
        }
    };
}

commands! {
    AttachNow = "attach-now", "attach", Global, Acting, true, "Attach the selected machine's volumes now: skips delay and back-off, never safety; asks first.";
    DetachNow = "detach-now", "detach", Global, Acting, true, "Take the selected machine's volume from the instance that holds it, never by force; asks first, and wants that instance's id typed.";
    RebootNow = "reboot-now", "reboot", Global, Acting, true, "Reboot the selected machine's instance now; asks first, and for a ready machine wants its name typed.";
    RewriteName = "rewrite-name", "name", Global, Acting, true, "Write the selected machine's name entry anew; shows the difference and asks first.";
    Approve = "approve", "approve", Approvals, Acting, true, "Approve the selected step, as it is shown.";
    Decline = "decline", "decline", Approvals, Acting, false, "Decline the selected step until its subject changes.";
    Snooze = "snooze", "snooze", Approvals, Acting, false, "Decline the selected step for now, and be asked again in an hour.";
    MarkRebooted = "mark-rebooted", "mark done", Approvals, Acting, true, "Say that the instance was rebooted already, so that no reboot is owed; asks first.";
    Pending = "pending", "pending", Global, Autopilot, false, "Show the steps that wait for approval.";
    Mode = "mode", "mode", Global, Autopilot, false, "Choose the mode: read-only, confirm or auto; auto shows first what it would do at once.";
    Pause = "pause", "pause", Global, Autopilot, false, "Pause at once: nothing is changed any more; again to resume, which asks first.";
    LookNow = "look-now", "look", Global, Autopilot, false, "Look at EC2 now.";
    Actions = "actions", "actions", Global, Looking, false, "Show everything that can be done to the selected row, and why not where it cannot.";
    Details = "details", "details", Global, Looking, false, "Show the selected row in full, with the planner's reasons; in the log, the lines in sight.";
    RawFields = "raw-fields", "raw", Global, Looking, false, "Show the selected row's fields as EC2 and the planner have them.";
    Doctor = "doctor", "doctor", Global, Looking, false, "Examine the selected machine's set-up by looks and dry runs: what is wrong, why it matters, what mends it; changes nothing.";
    Filter = "filter", "filter", Global, Looking, false, "Filter the rows: text, column:value, !text; empty shows all.";
    Sort = "sort", "sort", Global, Looking, false, "Sort by a column; the same column again reverses.";
    Zoom = "zoom", "zoom", Global, Looking, false, "Give the whole screen to the pane, or take it back.";
    Freeze = "freeze", "freeze", Global, Looking, false, "Freeze what is shown, or let it go on; in the log, stop or resume following.";
    ErrorsOnly = "errors-only", "errors", Global, Looking, false, "In the log, show warnings and errors only, or everything again.";
    ToggleTime = "toggle-time", "time", Global, Looking, false, "Show times as ages or as clock times.";
    CopyId = "copy-id", "copy id", Global, Looking, false, "Copy the id of the selected row.";
    CopyMenu = "copy-menu", "copy", Global, Looking, false, "Choose what to copy: id, address, ssh command, aws-cli command, JSON.";
    Ssh = "ssh", "ssh", Global, Looking, false, "Log in to the selected machine by ssh, and come back.";
    NextPane = "next-pane", "pane", Global, Moving, false, "Go to the next pane.";
    PreviousPane = "previous-pane", "pane back", Global, Moving, false, "Go to the previous pane.";
    Machines = "machines", "machines", Global, Moving, false, "Go to the machines.";
    Requests = "requests", "requests", Global, Moving, false, "Go to the spot requests.";
    Instances = "instances", "instances", Global, Moving, false, "Go to the instances.";
    Volumes = "volumes", "volumes", Global, Moving, false, "Go to the volumes.";
    Log = "log", "log", Global, Moving, false, "Go to the log.";
    Down = "down", "down", Global, Moving, false, "Move down.";
    Up = "up", "up", Global, Moving, false, "Move up.";
    First = "first", "first", Global, Moving, false, "Go to the first row.";
    Last = "last", "last", Global, Moving, false, "Go to the last row.";
    PageDown = "page-down", "page down", Global, Moving, false, "Move down by a page.";
    PageUp = "page-up", "page up", Global, Moving, false, "Move up by a page.";
    HalfPageDown = "half-page-down", "half down", Global, Moving, false, "Move down by half a page.";
    HalfPageUp = "half-page-up", "half up", Global, Moving, false, "Move up by half a page.";
    Left = "left", "left", Global, Moving, false, "Go to the pane on the left; in a dialog, to the button on the left.";
    Right = "right", "right", Global, Moving, false, "Go to the pane on the right; in a dialog, to the button on the right.";
    Help = "help", "help", Global, Program, false, "Show this help.";
    Palette = "palette", "command", Global, Program, false, "Choose a command by its name.";
    Back = "back", "back", Global, Program, false, "One level back: closes what is on top, then clears the filter; never quits, never approves.";
    Quit = "quit", "quit", Global, Program, false, "Close what is on top, else quit; asks in auto mode and while a step is in flight.";
    Suspend = "suspend", "suspend", Global, Program, false, "Suspend to the shell; asks in auto mode, because the autopilot stops with it.";
    ToggleMouse = "toggle-mouse", "mouse", Global, Program, false, "Let the mouse select rows and scroll, or leave it to the terminal.";
}

/// The commands as the key file knows them.
pub(crate) fn known() -> Vec<KnownCommand> {
    TABLE
        .iter()
        .map(|entry| KnownCommand { name: entry.name, scope: entry.scope.name(), acting: entry.acting })
        .collect()
}

/// The command with this name.
pub(crate) fn named(name: &str) -> Option<Command> {
    TABLE.iter().find(|entry| entry.name == name).map(|entry| entry.command)
}
