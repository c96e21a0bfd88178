//! The report as one HTML file: nothing in it is fetched from anywhere.

use std::fmt::Write;

use kp_plot::{Axis, Bar, Line, escaped};

use super::results::{ContenderResult, Results, WorkResult};
use super::table;
use super::work::Plot;

const STYLE: &str = include_str!("report.css");

/// The whole page.
pub(super) fn html(results: &Results, too_few_rounds: bool) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>kp bench</title>\n<style>\n{STYLE}</style></head><body>\n\
         <h1>kp beside other Kafka clients</h1>\n"
    );
    if too_few_rounds {
        paragraph(
            &mut page,
            "Too few rounds to publish these figures, and perhaps too few messages, so that starting counts for more than \
             it should: they show where to look.",
        );
    }
    machine(results, &mut page);
    heading(&mut page, "Targets and comparisons");
    rows(&table::findings(results), &mut page);
    plots(results, &mut page);
    heading(&mut page, "Times and memory");
    paragraph(
        &mut page,
        "Median (least to greatest). The time is that of the whole process, but for the perf tests and the loops with a \
         flush each, which are taken by their own clocks.",
    );
    rows(&table::contenders(results), &mut page);
    failures(results, &mut page);
    commands(results, &mut page);
    page.push_str("</body></html>\n");
    page
}

fn machine(results: &Results, page: &mut String) {
    let machine = &results.machine;
    let memory = machine
        .memory_bytes
        .map_or_else(String::new, |bytes| format!(", {:.1} GiB", bytes as f64 / (1 << 30) as f64));
    let load = machine.load_before.map_or_else(|| "unknown".to_owned(), |load| load.to_string());
    let mut facts = vec![
        ("When", machine.date.clone()),
        ("Plan", format!("{}, {} rounds", results.plan, results.rounds)),
        (
            "Machine",
            format!(
                "{}, {} cores{memory}, {}; load before the start {load}",
                machine.processor, machine.cores, machine.system
            ),
        ),
        ("Broker", machine.broker.clone()),
    ];
    for program in &results.programs {
        let found = match (&program.version, &program.missing) {
            (Some(version), _) => version.clone(),
            (None, missing) => format!("missing: {}", missing.as_deref().unwrap_or("unknown why")),
        };
        facts.push((program.name, found));
    }
    page.push_str("<dl>");
    for (name, fact) in facts {
        let _ = write!(page, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(&fact));
    }
    page.push_str("</dl>\n");
}

fn plots(results: &Results, page: &mut String) {
    let of = |wanted: Plot| -> Vec<(&str, &WorkResult)> {
        let plotted = results.works.iter().filter_map(|work| {
            let (plot, place) = work.plot.as_ref()?;
            (*plot == wanted).then_some((place.as_str(), work))
        });
        plotted.collect()
    };
    if !of(Plot::Codec).is_empty() {
        let title = "Messages a second by codec";
        heading(page, title);
        let groups = rates(&of(Plot::Codec), |_| 1.0, table::thousands);
        page.push_str(&kp_plot::bars(title, &groups));
    }
    if !of(Plot::Size).is_empty() {
        let title = "Megabytes a second by the size of a message";
        heading(page, title);
        let megabytes = |contender: &ContenderResult| contender.x as f64 / 1e6;
        let groups = rates(&of(Plot::Size), megabytes, |figure| format!("{figure:.0} MB/s"));
        page.push_str(&kp_plot::bars(title, &groups));
    }
    for (place, work) in of(Plot::Memory) {
        let title = format!("Memory over time, {place}");
        heading(page, &title);
        let lines: Vec<_> = work.contenders.iter().filter_map(memory_line).collect();
        let (x, y) = (Axis::linear("seconds"), Axis::linear("MiB resident"));
        page.push_str(&kp_plot::lines(&title, &lines, &x, &y));
    }
    for (plot, title, x_name) in [
        (Plot::Count, "Cost of a message by their number", "messages"),
        (Plot::Partitions, "Cost of a message by partitions", "partitions"),
    ] {
        if !of(plot).is_empty() {
            heading(page, title);
            let lines: Vec<_> = of(plot).into_iter().map(cost_line).collect();
            let (x, y) = (Axis::linear(x_name), Axis::linear("ns a message"));
            page.push_str(&kp_plot::lines(title, &lines, &x, &y));
        }
    }
}

/// What is moved a second, a message counting as much as `weight` says.
fn rates(
    works: &[(&str, &WorkResult)],
    weight: impl Fn(&ContenderResult) -> f64,
    in_words: impl Fn(f64) -> String,
) -> Vec<(String, Vec<Bar>)> {
    let bar = |contender: &ContenderResult| {
        let (rate, weight) = (contender.rate()?, weight(contender));
        Some(Bar {
            name: contender.name.clone(),
            emphasised: contender.is_ours(),
            median: rate.median * weight,
            min: rate.min * weight,
            max: rate.max * weight,
            figure: in_words(rate.median * weight),
        })
    };
    works
        .iter()
        .map(|(place, work)| {
            let bars = work.contenders.iter().filter_map(bar).collect();
            ((*place).to_owned(), bars)
        })
        .collect()
}

/// Of the first run that counts; the others look alike, as their peaks show.
fn memory_line(contender: &ContenderResult) -> Option<Line> {
    let run = contender.counted().next()?;
    let points = run.memory.iter();
    Some(Line {
        name: contender.name.clone(),
        points: points
            .map(|(seconds, bytes)| (*seconds, *bytes as f64 / (1 << 20) as f64))
            .collect(),
    })
}

fn cost_line((place, work): (&str, &WorkResult)) -> Line {
    let points = work.contenders.iter().filter_map(|contender| {
        let nanoseconds = contender.rate()?.median.recip() * 1e9;
        Some((contender.x as f64, nanoseconds))
    });
    Line { name: place.to_owned(), points: points.collect() }
}

fn failures(results: &Results, page: &mut String) {
    let failures = results.failures();
    if failures.is_empty() {
        return;
    }
    heading(page, "Runs that do not count");
    page.push_str("<ul>");
    for (work, contender, reason) in failures {
        let line = format!("{work}, {}: {reason}", contender.name);
        let _ = write!(page, "<li>{}</li>", escaped(&line));
    }
    page.push_str("</ul>\n");
}

fn commands(results: &Results, page: &mut String) {
    heading(page, "Commands");
    for work in &results.works {
        let _ = write!(page, "<h3>{}: {}</h3><ul>", escaped(&work.name), escaped(&work.title));
        for contender in &work.contenders {
            let command = contender.command.as_deref().unwrap_or("missing");
            let _ = write!(
                page,
                "<li>{}<br><code>{}</code></li>",
                escaped(&contender.name),
                escaped(command)
            );
        }
        page.push_str("</ul>\n");
    }
}

fn heading(page: &mut String, text: &str) {
    let _ = writeln!(page, "<h2>{}</h2>", escaped(text));
}

fn paragraph(page: &mut String, text: &str) {
    let _ = writeln!(page, "<p class=\"note\">{}</p>", escaped(text));
}

fn rows(table: &[Vec<String>], page: &mut String) {
    page.push_str("<div class=\"wide\"><table>");
    for (number, row) in table.iter().enumerate() {
        let tag = if number == 0 { "th" } else { "td" };
        page.push_str("<tr>");
        for cell in row {
            let class = match cell.split(' ').next() {
                Some("reached") => " class=\"reached\"",
                Some("MISSED") => " class=\"missed\"",
                _ => "",
            };
            let _ = write!(page, "<{tag}{class}>{}</{tag}>", escaped(cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table></div>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{Finding, Machine, Program, SCHEMA, Verdict};
    use crate::verdict::tests::work;

    fn results() -> Results {
        let mut plotted = work(&[("ours", &[1.0, 0.0]), ("a <b>", &[2.0, 2.0])]);
        plotted.findings = vec![Finding {
            subject: "ours".to_owned(),
            quantity: "speed",
            against: Some("a <b>".to_owned()),
            figure: None,
            target: "at least 1.00x".to_owned(),
            verdict: Verdict::Missed,
            noise: Some("runs of ours differ by 2.0".to_owned()),
        }];
        let plots = [Plot::Codec, Plot::Size, Plot::Memory, Plot::Count, Plot::Partitions];
        let works = plots.map(|plot| WorkResult {
            plot: Some((plot, "place".to_owned())),
            ..work(&[("ours", &[1.0])])
        });
        Results {
            schema: SCHEMA,
            plan: "quick",
            rounds: 2,
            machine: Machine {
                date: "today".to_owned(),
                system: "Linux".to_owned(),
                processor: "a processor".to_owned(),
                cores: 2,
                memory_bytes: None,
                load_before: Some(0.1),
                broker: "one".to_owned(),
            },
            programs: vec![Program {
                name: "kcat",
                version: None,
                missing: Some("there is no kcat on the PATH".to_owned()),
            }],
            works: works.into_iter().chain([plotted]).collect(),
        }
    }

    #[test]
    fn the_page_needs_nothing_else() {
        // The name of a language, which nobody fetches.
        let page = html(&results(), true).replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for outside in ["src=", "href=", "url(", "@import", "http"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert_eq!(page.matches("<svg").count(), 5);
        assert!(!page.contains("<b>"), "a name became markup");
    }

    #[test]
    fn what_is_missing_or_failed_is_named() {
        let page = html(&results(), false);
        assert!(page.contains("missing: there is no kcat on the PATH"));
        assert!(page.contains("w, ours: lost a message"));
        assert!(page.contains("<td class=\"missed\">MISSED (noisy: runs of ours differ"));
        assert!(!page.contains("Too few rounds"));
    }

    #[test]
    fn the_results_carry_their_schema() {
        let json = serde_json::to_value(results()).unwrap();
        assert_eq!(json["schema"], SCHEMA);
        let run = &json["works"][5]["contenders"][0]["runs"][1];
        assert_eq!(run["failure"], "lost a message");
        assert_eq!(json["works"][5]["findings"][0]["verdict"], "missed");
    }
}
