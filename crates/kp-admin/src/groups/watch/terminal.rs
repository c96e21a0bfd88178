//! The terminal: taken over at the start, and given back whatever ends the screen.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Once;
use std::time::{Duration, Instant};

use kp_cli::StopSignal;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::asking::{Asking, Told};
use super::draw::{View, draw};
use crate::groups::watch::state::State;

/// How long keys are waited for before it is looked for answers and signals.
const GLANCE: Duration = Duration::from_millis(100);
/// The age of old numbers is drawn as it grows.
const REDRAW: Duration = Duration::from_secs(1);

/// A terminal in raw mode and on its other screen; dropped, it is as it was.
struct Taken;

impl Taken {
    fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        // A panic of any thread gives the terminal back before its words come.
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        enable_raw_mode()?;
        let taken = Self;
        execute!(stdout()?, EnterAlternateScreen)?;
        Ok(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    let _ = disable_raw_mode();
    if let Ok(mut out) = stdout() {
        let _ = execute!(out, LeaveAlternateScreen, Show);
    }
}

/// Standard output past its lock, which a thread that panics may not get.
fn stdout() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Shows what is told until a key, a signal or the last look ends it.
///
/// # Errors
/// The terminal's; why the first look failed.
pub(super) fn show(asking: &Asking, every: Duration, stop: &StopSignal) -> anyhow::Result<()> {
    let taken = Taken::take()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(stdout()?))?;
    let (mut state, mut view) = (State::default(), View::default());
    let mut drawn: Option<Instant> = None;
    let ended = loop {
        if stop.requested() {
            break Ok(());
        }
        match asking.take(&mut state, Duration::ZERO) {
            Told::Look => drawn = None,
            Told::Nothing => {}
            Told::End(ended) => break ended,
        }
        if drawn.is_none_or(|drawn| drawn.elapsed() >= REDRAW) {
            let now = asking.elapsed();
            terminal.draw(|frame| draw(frame, &state, &mut view, now, every))?;
            drawn = Some(Instant::now());
        }
        if event::poll(GLANCE)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release && view.key(key, &state) => {
                    break Ok(());
                }
                // ratatui asks for the new size when it draws.
                _ => {}
            }
            drawn = None;
        }
    };
    drop(taken);
    ended
}
