//! spotkeeper keeps a spot machine alive.
//!
//! A *machine* is what its owner cares about: a name, home volumes, a spot request that keeps asking for capacity. An
//! *instance* is only where the machine lives at the moment. EC2 takes instances away; spotkeeper moves the machine
//! to the next one: it sees the request fulfilled, attaches the volumes, reboots so that the instance boots with its
//! home, and publishes the new address under the old name.
//!
//! # The way of the data
//!
//! ```text
//! EC2 ──describe──▶ observation ─┐
//!                   config ──────┼─▶ plan (pure) ─▶ approval / policy ─▶ look again ─▶ journal intent ─▶ call ─▶ journal outcome
//!                   journal ─────┘        │                                                                        │
//!                        ▲                └──▶ snapshot ─▶ status, log, screen                                     │
//!                        └───────────────────────────────── look again ◀──────────────────────────────────────────┘
//! ```
//!
//! Level-triggered: every pass decides from a fresh, complete look, never from a remembered event. Kill the process
//! anywhere, start it again, and it carries on.
//!
//! # Rooms, and which way they may look
//!
//! A module may use only what its row names; a test holds that.
//!
//! | module | what it owns | may use |
//! |---|---|---|
//! | [`model`] | EC2's things as types that parse and refuse; harmless text; failures | nothing |
//! | [`clock`] | the one clock of engine, SDK and simulator | model |
//! | [`config`] | what the user wrote, or every mistake in it | model |
//! | [`plan`] | the planner: rules, findings, steps, and the memory that facts fold into | model, config |
//! | [`doctor`] | what is sound in a set-up and what mends it: facts in, verdicts out | model, config, plan |
//! | [`create`] | making a machine from nothing, and ending one: recipe, ledger's facts, planner, what the builder runs and says | model, config, plan |
//! | [`protocol`] | the only words between engine and watcher: commands, events, snapshot, and what people are told of | model, config, plan, doctor |
//! | [`hooks`] | the user's commands, run once for each such change | model, config, plan, protocol |
//! | [`ec2`] | the SDK's clients, looks, the changing calls, errors by code | model, clock |
//! | [`journal`] | one append-only file and one lock for each machine | model, plan |
//! | [`names`] | hosts file and ssh configuration: a managed block, replaced atomically | model |
//! | [`engine`] | the loop: a synchronous core in an asynchronous shell | all above |
//! | [`sim`] | the embedded EC2, under the SDK's HTTP seam and on a port | model, clock |
//! | [`ui`] | the screen: terminal, keys, a model that messages fold into, and a view of it | model, clock, config, plan, doctor, protocol |
//! | [`app`] | composition: sessions, log, signals, service manager, demonstration | all above |
//! | [`cli`] | arguments, reports, exit codes | all above |

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod create;
pub mod doctor;
pub mod ec2;
pub mod engine;
pub mod hooks;
pub mod journal;
pub mod model;
pub mod names;
pub mod plan;
pub mod protocol;
pub mod sim;
pub mod ui;
