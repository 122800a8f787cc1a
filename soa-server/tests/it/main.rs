//! Tests of the server through its public interface.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test, as tests do")]

mod process_support;
mod quiet_transport;
mod rebuilt;
mod support;
mod typed_values;
mod vector_service;

mod abandoned;
mod actions;
mod allocations;
mod background;
mod call_local;
mod combinations;
mod compile_errors;
mod containers;
mod conversations;
mod declaration;
mod demo;
mod derived_types;
mod example_settings;
mod failures;
mod forms;
#[cfg(feature = "garde")]
mod garde_rules;
mod harakiri;
mod heartbeat;
mod hooks;
mod introspect;
mod job_schema;
mod local_transport;
mod lowered_types;
mod lowering;
mod middleware;
mod numbers;
mod process;
mod process_daemon;
mod process_faults;
mod process_harakiri;
mod process_log;
mod process_restart;
mod process_start;
mod process_storm;
mod process_stuck;
mod process_stuck_storm;
mod process_systemd;
mod process_watcher;
mod responses;
mod round_trips;
mod schemas;
mod second_pass;
mod settings;
mod status;
mod travels;
mod validation;
mod worker;
