//! The live screen: drawing what was seen, and what keys do to it. No terminal is touched here.

use std::cmp::Reverse;
use std::time::Duration;

use kp_cli::{Column, escaped};
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Wrap};

use super::lines::head;
use super::state::{Clear, Row, Seen, State};
use super::words::{WIDE, cells, clock, columns, time_of, told};

const KEYS: &str = "q quit  ↑↓ jk move  s sort  Tab/Enter group  ? help";
const HELP: &str = "\
q, Ctrl-C          quit
↑ ↓ j k            move; PgUp PgDn, g G: further
s                  sort by lag, by time behind, by topic
Tab                the next group alone, and all again
Enter              the group of the marked line alone; again: all
?                  this help, and back

LAG                messages to read
BEHIND             the age of the next message to read
IN/s, OUT/s        messages written and read (committed), over 15 s
CLEAR IN           when it is read to its end at these rates
RETENTION USED     how much of retention.ms has passed for the next message;
                   lost in: when it may be removed unread, at these rates
Rebalances are seen between two looks: what comes and goes between them is not
seen, and times are the longest possible.";

/// By what the partitions of a group are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    #[default]
    Topic,
    Lag,
    Behind,
}

/// What the user looks at.
#[derive(Debug, Default)]
pub(super) struct View {
    sort: Sort,
    /// This group alone.
    only: Option<String>,
    /// The place of the marked line among the partitions that are shown.
    marked: usize,
    /// The first line that is shown.
    from: usize,
    is_help: bool,
}

impl View {
    /// Whether this key ends it.
    pub(super) fn key(&mut self, key: KeyEvent, state: &State) -> bool {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        let last = self.rows(state).len().saturating_sub(1);
        match key.code {
            KeyCode::Char('q') => return true,
            KeyCode::Char('c') if is_control => return true,
            KeyCode::Char('?') => self.is_help = !self.is_help,
            KeyCode::Esc if self.is_help => self.is_help = false,
            KeyCode::Esc => self.show(None),
            KeyCode::Char('s') => {
                self.sort = match self.sort {
                    Sort::Lag => Sort::Behind,
                    Sort::Behind => Sort::Topic,
                    Sort::Topic => Sort::Lag,
                }
            }
            KeyCode::Down | KeyCode::Char('j') => self.marked = (self.marked + 1).min(last),
            KeyCode::Up | KeyCode::Char('k') => self.marked = self.marked.saturating_sub(1),
            KeyCode::PageDown => self.marked = (self.marked + 10).min(last),
            KeyCode::PageUp => self.marked = self.marked.saturating_sub(10),
            KeyCode::Home | KeyCode::Char('g') => self.marked = 0,
            KeyCode::End | KeyCode::Char('G') => self.marked = last,
            KeyCode::Tab => {
                let mut names = state.groups().map(|(name, _)| name);
                let next = match &self.only {
                    None => names.next(),
                    Some(only) => names.find(|name| *name > only.as_str()),
                };
                self.show(next.map(str::to_owned));
            }
            KeyCode::Enter if self.only.is_some() => self.show(None),
            KeyCode::Enter => {
                let group = self.rows(state).get(self.marked).map(|(name, _)| (*name).to_owned());
                self.show(group);
            }
            _ => {}
        }
        false
    }

    fn show(&mut self, only: Option<String>) {
        *self = Self { sort: self.sort, only, ..Self::default() };
    }

    fn groups<'s>(&self, state: &'s State) -> Vec<(&'s str, &'s Seen)> {
        let is_shown = |name: &str| self.only.as_deref().is_none_or(|only| only == name);
        state.groups().filter(|(name, _)| is_shown(name)).collect()
    }

    fn rows<'s>(&self, state: &'s State) -> Vec<(&'s str, &'s Row)> {
        let groups = self.groups(state).into_iter();
        groups.flat_map(|(name, seen)| self.sorted(seen).map(move |row| (name, row))).collect()
    }

    fn sorted<'s>(&self, seen: &'s Seen) -> impl Iterator<Item = &'s Row> + use<'s> {
        let mut rows: Vec<&Row> = seen.rows.iter().collect();
        match self.sort {
            Sort::Topic => {}
            Sort::Lag => rows.sort_by_key(|row| Reverse(row.lag)),
            Sort::Behind => rows.sort_by_key(|row| Reverse(row.behind_ms)),
        }
        rows.into_iter()
    }
}

/// Draws the whole screen; `now` is the time since the start.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    state: &State,
    view: &mut View,
    now: Duration,
    every: Duration,
) {
    let area = frame.area();
    if view.is_help {
        frame.render_widget(Paragraph::new(HELP), area);
        return;
    }
    let warnings = warnings(state, now, every);
    let told_height = (area.height / 3).clamp(2, 9);
    let warned_height = wrapped(&warnings, area.width).min(5);
    let [body, told, warned, keys] = Layout::vertical([
        Constraint::Min(3),
        Constraint::Length(told_height),
        Constraint::Length(warned_height),
        Constraint::Length(1),
    ])
    .areas(area);
    partitions(frame, body, state, view, every);
    timeline(frame, told, state, every);
    let warned_lines: Vec<Line<'_>> =
        warnings.into_iter().map(|line| Line::styled(line, Modifier::BOLD)).collect();
    frame.render_widget(Paragraph::new(warned_lines).wrap(Wrap { trim: true }), warned);
    let sorted = match view.sort {
        Sort::Topic => "topic",
        Sort::Lag => "lag",
        Sort::Behind => "behind",
    };
    let line = both_ends(KEYS, &format!("by {sorted}"), keys.width);
    frame.render_widget(Line::styled(line, Modifier::DIM), keys);
}

/// Why the numbers are old, and what could not be told.
fn warnings(state: &State, now: Duration, every: Duration) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((at, at_ms)) = state.last() {
        let age = now.saturating_sub(at);
        let since = format!("OLD: these numbers are of {}, {} ago", clock(at_ms), time_of(age));
        match state.failure() {
            Some(why) => lines.push(format!("{since}. {}", escaped(why))),
            None if age > every + every.max(Duration::from_secs(2)) => {
                lines.push(format!("{since}. The brokers have not answered yet."));
            }
            None => {}
        }
    }
    let notes = state.notes();
    if let Some(note) = notes.first() {
        let more = match notes.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        lines.push(format!("{}{more}", escaped(note)));
    }
    lines
}

fn wrapped(lines: &[String], width: u16) -> u16 {
    let width = usize::from(width.max(1));
    // Words that are moved to the next line leave room behind them.
    let rows = lines.iter().map(|line| Line::raw(line.as_str()).width() * 11 / 10 / width + 1);
    u16::try_from(rows.sum::<usize>()).unwrap_or(u16::MAX)
}

fn partitions(frame: &mut Frame<'_>, area: Rect, state: &State, view: &mut View, every: Duration) {
    let is_old = state.failure().is_some();
    let groups = view.groups(state);
    let is_wide = usize::from(area.width) >= WIDE;
    let columns = columns(is_wide);
    let every = format!("every {}", time_of(every));
    if groups.is_empty() {
        let words = match (&view.only, state.last()) {
            (Some(only), Some(_)) => format!("group {} is not there any more", escaped(only)),
            (None, Some(_)) => "no group that this user may see".to_owned(),
            (_, None) => "asking the brokers ...".to_owned(),
        };
        frame.render_widget(Line::raw(both_ends(&words, &every, area.width)), area);
        return;
    }
    let tables: Vec<Vec<(&Row, Vec<String>)>> = groups
        .iter()
        .map(|(_, seen)| {
            let rows = view.sorted(seen);
            let safe = |row| -> Vec<String> {
                cells(row, is_wide).iter().map(|cell| escaped(cell).into_owned()).collect()
            };
            rows.map(|row| (row, safe(row))).collect()
        })
        .collect();
    let widths = widths(&columns, tables.iter().flatten().map(|(_, cells)| cells), area.width);
    let mut lines: Vec<Line<'_>> = Vec::new();
    let (mut place, mut marked) = (0, 0);
    for ((name, seen), rows) in groups.iter().zip(&tables) {
        let mut left = escaped(&head(name, seen)).into_owned();
        if is_old || seen.old_since.is_some() {
            left += "  OLD";
        }
        let right = if lines.is_empty() { every.as_str() } else { "" };
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(both_ends(&left, right, area.width), Modifier::BOLD));
        if rows.is_empty() {
            lines.push(Line::raw("nothing committed, no partition assigned"));
            continue;
        }
        let heads: Vec<String> = columns
            .iter()
            .map(|column| match column {
                Column::Left(head) | Column::Right(head) => (*head).to_owned(),
            })
            .collect();
        lines.push(Line::styled(line(&columns, &widths, &heads), Modifier::DIM));
        for (row, cells) in rows {
            let mut style = style(row);
            if is_old || seen.old_since.is_some() || row.old_since.is_some() {
                style = style.add_modifier(Modifier::DIM);
            }
            if place == view.marked {
                marked = lines.len();
                style = style.add_modifier(Modifier::REVERSED);
            }
            place += 1;
            lines.push(Line::styled(line(&columns, &widths, cells), style));
        }
    }
    // The marked line is shown, with the heads of the first one.
    view.marked = view.marked.min(place.saturating_sub(1));
    let height = usize::from(area.height);
    let above = if view.marked == 0 { 0 } else { marked };
    view.from = view.from.min(above).max((marked + 1).saturating_sub(height));
    view.from = view.from.min(lines.len().saturating_sub(height));
    let shown: Vec<Line<'_>> = lines.into_iter().skip(view.from).take(height).collect();
    frame.render_widget(Paragraph::new(Text::from(shown)), area);
}

/// What needs somebody is bold.
fn style(row: &Row) -> Style {
    let is_urgent = row.clear == Clear::Never || row.lost_in.is_some();
    if is_urgent { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() }
}

fn timeline(frame: &mut Frame<'_>, area: Rect, state: &State, every: Duration) {
    let title = format!("REBALANCES, as seen every {}", time_of(every));
    let mut lines = vec![Line::styled(title, Modifier::BOLD)];
    let room = usize::from(area.height.saturating_sub(1));
    let newest = state.rebalances().rev().flat_map(|rebalance| {
        let told = told(rebalance).into_iter();
        told.map(|line| (clock(rebalance.at_ms), rebalance.group.as_str(), line))
    });
    let is_one = state.groups().count() == 1;
    lines.extend(newest.take(room).map(|(time, group, line)| {
        let group = if is_one { String::new() } else { format!("{group}: ") };
        Line::raw(escaped(&format!("{time}  {group}{line}")).into_owned())
    }));
    if lines.len() == 1 {
        lines.push(Line::styled("none so far", Modifier::DIM));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn widths<'c>(
    columns: &[Column],
    rows: impl Iterator<Item = &'c Vec<String>>,
    room: u16,
) -> Vec<usize> {
    let mut widths: Vec<usize> = columns
        .iter()
        .map(|column| match column {
            Column::Left(head) | Column::Right(head) => head.len(),
        })
        .collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(Line::raw(cell.as_str()).width());
        }
    }
    // Names give way, numbers never.
    let names = [0, 8, 9];
    let needed = |widths: &[usize]| widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
    while needed(&widths) > usize::from(room) {
        let widest = names.iter().filter(|at| widths.get(**at).is_some_and(|one| *one > 8));
        let Some(at) = widest.max_by_key(|at| widths[**at]) else { break };
        widths[*at] -= 1;
    }
    widths
}

fn line(columns: &[Column], widths: &[usize], cells: &[String]) -> String {
    let mut text = String::new();
    for ((column, width), cell) in columns.iter().zip(widths).zip(cells) {
        let cell = cut(cell, *width);
        let pad = " ".repeat(width.saturating_sub(Line::raw(cell.as_str()).width()));
        if !text.is_empty() {
            text += "  ";
        }
        text += &match column {
            Column::Left(_) => format!("{cell}{pad}"),
            Column::Right(_) => format!("{pad}{cell}"),
        };
    }
    text.trim_end().to_owned()
}

fn cut(cell: &str, width: usize) -> String {
    if Line::raw(cell).width() <= width {
        return cell.to_owned();
    }
    let mut short = cell.to_owned();
    while Line::raw(short.as_str()).width() >= width && short.pop().is_some() {}
    short + "…"
}

fn both_ends(left: &str, right: &str, width: u16) -> String {
    let room = usize::from(width).saturating_sub(Line::raw(right).width());
    let left = cut(left, room.saturating_sub(1));
    let gap = room.saturating_sub(Line::raw(left.as_str()).width());
    format!("{left}{}{right}", " ".repeat(gap)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::state::tests::{group, look, member, seconds};
    use super::*;

    fn screen(
        state: &State,
        view: &mut View,
        (width, height): (u16, u16),
        now: u64,
    ) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let drawn = |frame: &mut Frame<'_>| draw(frame, state, view, seconds(now), seconds(2));
        terminal.draw(drawn).unwrap();
        let buffer = terminal.backend().buffer();
        let cells: Vec<&str> = buffer.content().iter().map(|cell| cell.symbol()).collect();
        cells.chunks(usize::from(width)).map(|row| row.concat().trim_end().to_owned()).collect()
    }

    fn billing() -> State {
        let mut state = State::default();
        let members = || {
            let named = |id, of| member(&format!("m-{id}"), id, of);
            vec![named("a", &[0]), named("b", &[1]), named("c", &[2])]
        };
        let hours = 52_704_000;
        let stands = [(0, 0, 100, Some(800)), (1, 100, 48_000, Some(hours)), (2, 9, 9, None)];
        state.saw(look(vec![group("billing", members(), &stands)]), seconds(0));
        let two = members().into_iter().take(2).collect();
        let stands = [(0, 160, 280, Some(800)), (1, 100, 48_200, Some(hours)), (2, 9, 9, None)];
        state.saw(look(vec![group("billing", two, &stands)]), seconds(2));
        state
    }

    const SMALL: (u16, u16) = (80, 24);

    #[test]
    fn eighty_columns_suffice() {
        let lines = screen(&billing(), &mut View::default(), SMALL, 2);
        assert_eq!(lines.len(), 24);
        assert!(lines[0].starts_with("billing  Stable  2 members  "), "{lines:#?}");
        assert!(lines[0].ends_with("every 2 s") && lines[0].len() == 80, "{lines:#?}");
        assert_eq!(
            lines[1..5],
            [
                "TOPIC   P  LAG   BEHIND  IN/s  OUT/s  CLEAR IN  RETENTION USED",
                "orders  0  120    0.8 s    90     80     NEVER  0 %",
                "orders  1  48k  14h 38m   100      0     NEVER  61 %  lost in 9h 21m",
                "orders  2    0        -     0      0         -  no owner",
            ]
        );
        let title = lines.iter().position(|line| line == "REBALANCES, as seen every 2 s").unwrap();
        assert!(lines[title + 1].ends_with("  c left"), "{lines:#?}");
        assert!(lines[title + 2].ends_with("  orders 2 was lost by c; nobody has it"));
        assert!(lines[23].starts_with("q quit") && lines[23].ends_with("by topic"), "{lines:#?}");
    }

    #[test]
    fn a_wide_screen_has_owner_and_host() {
        let lines = screen(&billing(), &mut View::default(), (200, 50), 2);
        assert!(lines[1].ends_with("OWNER     HOST"), "{lines:#?}");
        assert!(lines[2].ends_with("a         10.0.0.1"), "{lines:#?}");
        assert!(lines[4].ends_with("no owner  -"), "{lines:#?}");
    }

    #[test]
    fn old_numbers_stay_and_say_so() {
        let mut state = billing();
        let lines = screen(&state, &mut View::default(), SMALL, 12);
        let words = lines.concat();
        assert!(words.contains("10 s ago. The brokers have not answered yet."), "{lines:#?}");
        state.failed("cannot list offsets on h:9092: broker 2 cannot be reached now".to_owned());
        let lines = screen(&state, &mut View::default(), SMALL, 12);
        assert!(lines[0].contains("OLD"), "{lines:#?}");
        assert!(lines[2].starts_with("orders  0  120"), "{lines:#?}");
        let words = lines.join(" ");
        assert!(words.contains("broker 2 cannot be reached now"), "{lines:#?}");
        assert!(lines[23].starts_with("q quit"), "{lines:#?}");
    }

    #[test]
    fn many_partitions_are_moved_through_and_sorted() {
        let mut state = State::default();
        let stands: Vec<_> =
            (0..100).map(|at| (at, 0, i64::from(at) + 1, Some(1_000 + i64::from(at)))).collect();
        state.saw(look(vec![group("g", Vec::new(), &stands)]), seconds(0));
        let mut view = View::default();
        let press = |view: &mut View, code| view.key(KeyEvent::from(code), &state);
        for _ in 0..50 {
            assert!(!press(&mut view, KeyCode::Down));
        }
        let lines = screen(&state, &mut view, SMALL, 0);
        assert!(lines.iter().any(|line| line.starts_with("orders  50")), "{lines:#?}");
        assert!(!lines[0].starts_with("g "), "{lines:#?}");
        press(&mut view, KeyCode::Char('g'));
        press(&mut view, KeyCode::Char('s'));
        let lines = screen(&state, &mut view, SMALL, 0);
        assert!(lines[0].starts_with("g ") && lines[2].starts_with("orders  99"), "{lines:#?}");
        assert!(lines[23].ends_with("by lag"), "{lines:#?}");
        press(&mut view, KeyCode::Char('?'));
        assert!(screen(&state, &mut view, SMALL, 0)[0].starts_with("q, Ctrl-C"));
        assert!(press(&mut view, KeyCode::Char('q')));
    }

    #[test]
    fn a_group_is_picked_and_all_come_back() {
        let mut state = State::default();
        let one = |name| group(name, Vec::new(), &[(0, 0, 1, Some(1_000))]);
        state.saw(look(vec![one("a"), one("b")]), seconds(0));
        let mut view = View::default();
        let shown = |view: &mut View| screen(&state, view, SMALL, 0).join("\n");
        let is_both = |text: &str| text.contains("a  Stable") && text.contains("b  Stable");
        assert!(is_both(&shown(&mut view)));
        let press = |view: &mut View, code| view.key(KeyEvent::from(code), &state);
        press(&mut view, KeyCode::Tab);
        assert!(!shown(&mut view).contains("b  Stable"));
        press(&mut view, KeyCode::Tab);
        assert!(shown(&mut view).starts_with("b  Stable"));
        press(&mut view, KeyCode::Tab);
        assert!(is_both(&shown(&mut view)));
        press(&mut view, KeyCode::Down);
        press(&mut view, KeyCode::Enter);
        assert!(shown(&mut view).starts_with("b  Stable"));
        press(&mut view, KeyCode::Enter);
        assert!(is_both(&shown(&mut view)));
    }

    #[test]
    fn names_are_harmless_and_a_tiny_screen_is_no_trouble() {
        let mut state = State::default();
        state.saw(look(vec![group("g\x1b[31m", Vec::new(), &[(0, 0, 1, None)])]), seconds(0));
        let lines = screen(&state, &mut View::default(), SMALL, 0);
        assert!(lines[0].starts_with(r"g\x1b[31m"), "{lines:#?}");
        for size in [(1, 1), (5, 3), (30, 6)] {
            screen(&state, &mut View::default(), size, 0);
        }
    }
}
