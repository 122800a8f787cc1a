//! The parent of worker processes: it starts them, watches them, starts them again and ends them.
//!
//! A worker is not forked but is this program started again with its number, so no runtime ever sees a fork.

mod command;
pub(crate) mod daemon;
mod parent;
mod process;
mod respawn;
mod roll;
mod watcher;

pub(crate) use command::{WorkerCommand, command_line};
pub(crate) use parent::{Ended, Parent, Plan};
