//! The screen as its users meet it: the program in a real terminal, with keys, signals and an EC2 behind it.

mod colours;
mod cut;
mod demands;
mod hooks;
mod kit;
mod lock;
mod panic;
mod paste;
mod resize;
mod silence;
mod story;
mod trouble;
mod welcome;
mod whole;
