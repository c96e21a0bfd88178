//! All that ran as one HTML page in both languages: nothing in it is fetched from anywhere. Each
//! plot is also a file of its own beside it, for a README.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use kp_plot::escaped;
use kp_process::{machine, workspace};

use crate::drawing;
use crate::figures::Figures;
use crate::labs::Lab;
use crate::prose::{Language, Prose, Words, fill};
use crate::record::{Record, Step};
use crate::session::Ran;

/// A lab that did not come to its end, and why.
pub(crate) type NotRun = (&'static Lab, String);

const STYLE: &str = include_str!("report.css");

/// Writes the page, and says where it is.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write(runs: &[Ran], not_run: &[NotRun]) -> Result<PathBuf> {
    let file = workspace::root().join("target/lab/report.html");
    let written = fs::write(&file, page(runs, not_run)?);
    written.with_context(|| format!("cannot write {}", file.display()))?;
    for ran in runs {
        for language in Language::ALL {
            let prose = ran.lab.prose(language)?;
            for plot in &ran.record.plots {
                let name = format!("{}-{}.{}.svg", ran.lab.name, plot.name(), language.tag());
                let (_, svg) = drawing::svg(plot, &ran.record.figures, &prose);
                let file = file.with_file_name(name.replace(' ', "-"));
                let written = fs::write(&file, svg);
                written.with_context(|| format!("cannot write {}", file.display()))?;
            }
        }
    }
    Ok(file)
}

fn page(runs: &[Ran], not_run: &[NotRun]) -> Result<String> {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>kp labs</title>\n<style>\n{STYLE}</style></head><body>\n"
    );
    // Without a script: the button that is pressed decides which half is shown.
    for (language, name) in [(Language::En, "English"), (Language::Ko, "한국어")] {
        let (tag, checked) =
            (language.tag(), if language == Language::En { " checked" } else { "" });
        let _ = writeln!(
            page,
            "<input type=\"radio\" name=\"language\" id=\"{tag}\"{checked}>\
             <label for=\"{tag}\">{name}</label>"
        );
    }
    for language in Language::ALL {
        half(runs, not_run, language, &mut page)?;
    }
    page.push_str("</body></html>\n");
    Ok(page)
}

/// Everything in one language.
fn half(runs: &[Ran], not_run: &[NotRun], language: Language, page: &mut String) -> Result<()> {
    let (words, tag) = (Words::of(language)?, language.tag());
    let said = &words.report;
    let _ = writeln!(
        page,
        "<main class=\"{tag}\" lang=\"{tag}\">\n<h1>{}</h1>\n<p>{}</p>",
        escaped(&said.title),
        escaped(&said.intro)
    );
    let _ = writeln!(page, "<p><b>{}</b>: {}</p>", escaped(&said.machine), escaped(&here(&words)));
    let _ = writeln!(page, "<h2>{}</h2>\n<ol class=\"contents\">", escaped(&said.contents));
    for ran in runs {
        let (name, title) = (ran.lab.name, ran.lab.prose(language)?.title);
        let _ =
            writeln!(page, "<li><a href=\"#{name}-{tag}\">{name}: {}</a></li>", escaped(&title));
    }
    page.push_str("</ol>\n");
    for ran in runs {
        lab(ran, language, &words, page)?;
    }
    for (Lab { name, .. }, why) in not_run {
        let _ = writeln!(
            page,
            "<p class=\"not-run\"><b>{}</b>: {name} — {}</p>",
            escaped(&said.not_run),
            escaped(why)
        );
    }
    page.push_str("</main>\n");
    Ok(())
}

fn lab(ran: &Ran, language: Language, words: &Words, page: &mut String) -> Result<()> {
    let (said, prose, sheet) = (&words.report, ran.lab.prose(language)?, ran.lab.sheet()?);
    let (name, tag) = (ran.lab.name, language.tag());
    let _ =
        writeln!(page, "<section id=\"{name}-{tag}\">\n<h2>{name}: {}</h2>", escaped(&prose.title));
    paragraphs(&prose.about, page);
    let _ = writeln!(page, "<h3>{}</h3>", escaped(&said.question));
    paragraphs(&prose.question, page);
    page.push_str("<ol type=\"a\">\n");
    for choice in &sheet.choices {
        let is_measured = ran.verdict.measured == Some(choice.as_str());
        let mark = if is_measured { " class=\"measured\"" } else { "" };
        let _ = writeln!(page, "<li{mark}>{}</li>", escaped(prose.choices[choice].trim()));
    }
    let _ = writeln!(page, "</ol>\n<h3>{}</h3>", escaped(&said.property));
    paragraphs(&prose.property, page);
    let seconds = format!("{:.0}", ran.record.seconds);
    let took = fill(&said.took, &[("seconds", &seconds)]);
    let _ = writeln!(
        page,
        "<details><summary>{} ({})</summary>\n<ol>",
        escaped(&said.done),
        escaped(&took)
    );
    for step in &ran.record.steps {
        step_of(step, &prose, words, page)?;
    }
    let _ = writeln!(page, "</ol></details>\n<h3>{}</h3>", escaped(&words.measured));
    table(&ran.record.figures, &prose, page);
    plots(&ran.record, &prose, page);
    for sentence in ran.verdict.sentences(&sheet, &prose, words, &ran.record)? {
        paragraphs(&sentence, page);
    }
    let _ = writeln!(page, "<h3>{}</h3>", escaped(&words.follows));
    paragraphs(&prose.follows, page);
    page.push_str("</section>\n");
    Ok(())
}

fn step_of(step: &Step, prose: &Prose, words: &Words, page: &mut String) -> Result<()> {
    page.push_str("<li>");
    paragraphs(prose.step(&step.key)?, page);
    if !step.commands.is_empty() {
        page.push_str("<pre>");
        for command in &step.commands {
            let _ = writeln!(page, "<b>$ {}</b>", escaped(&command.typed));
            if !command.said.is_empty() {
                let _ = writeln!(page, "{}", escaped(&command.said));
            }
            if command.more_lines > 0 {
                let count = command.more_lines.to_string();
                let more = fill(&words.more_lines, &[("count", &count)]);
                let _ = writeln!(page, "<i>{}</i>", escaped(&more));
            }
        }
        page.push_str("</pre>");
    }
    page.push_str("</li>\n");
    Ok(())
}

fn table(figures: &Figures, prose: &Prose, page: &mut String) {
    let measures = figures.measures();
    page.push_str("<div class=\"wide\"><table><thead><tr><th></th>");
    for measure in &measures {
        let _ = write!(page, "<th>{}</th>", escaped(prose.word(measure)));
    }
    page.push_str("</tr></thead><tbody>\n");
    for case in figures.cases() {
        let _ = write!(page, "<tr><th>{}</th>", escaped(prose.word(&case.name)));
        for measure in &measures {
            let shown = figures.get(&case.name, measure).map(|value| value.shown());
            let _ = write!(page, "<td>{}</td>", escaped(&shown.unwrap_or_default()));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
}

fn plots(record: &Record, prose: &Prose, page: &mut String) {
    for plot in &record.plots {
        let (title, svg) = drawing::svg(plot, &record.figures, prose);
        let _ =
            writeln!(page, "<figure><figcaption>{}</figcaption>{svg}</figure>", escaped(&title));
    }
}

fn here(words: &Words) -> String {
    let memory = machine::memory_bytes().map_or_else(
        || "?".to_owned(),
        |bytes| format!("{:.0}", bytes as f64 / (1_u64 << 30) as f64),
    );
    let cores = machine::cores().to_string();
    let cores = fill(&words.report.cores, &[("cores", &cores), ("memory", &memory)]);
    format!("{}, {cores}, {}; {}", machine::processor(), machine::system(), machine::date())
}

fn paragraphs(text: &str, page: &mut String) {
    for paragraph in text.trim().split("\n\n") {
        let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(page, "<p>{}</p>", marked(&escaped(&words)));
    }
}

/// What stands between backquotes is code.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let marked =
        parts.map(
            |(place, part)| {
                if place % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }
            },
        );
    marked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::LABS;

    #[test]
    fn text_is_text_and_backquotes_are_code() {
        assert_eq!(marked(&escaped("a <b> `c & d`")), "a &lt;b&gt; <code>c &amp; d</code>");
    }

    #[test]
    fn a_page_without_runs_says_what_was_not_run() {
        let page = page(&[], &[(&LABS[0], "docker is missing".to_owned())]).unwrap();
        assert_eq!(page.matches("docker is missing").count(), 2);
        assert!(!page.contains("http"), "nothing is fetched");
    }
}
