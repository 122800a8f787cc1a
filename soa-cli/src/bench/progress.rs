use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{load::End, report::per_second, tally::Tally};

/// A bar on standard error, where that is a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    end: End,
}

impl Progress {
    pub(super) fn new(end: End, shown: bool) -> Self {
        let length = match end {
            End::Requests(count) => count,
            End::After(duration) => millis(duration),
        };
        let bar = if shown { ProgressBar::new(length) } else { ProgressBar::hidden() };
        // The template is a constant; were it wrong, the bar would look otherwise.
        let style = ProgressStyle::with_template("{percent:>3}% {wide_bar} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, end }
    }

    pub(super) fn show(&self, tally: &Tally, measured: Duration) {
        self.bar.set_message(format!("{:.0} requests/s, {} errors", per_second(tally, measured), tally.errors));
        self.bar.set_position(match self.end {
            End::Requests(_) => tally.requests(),
            End::After(_) => millis(measured),
        });
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
