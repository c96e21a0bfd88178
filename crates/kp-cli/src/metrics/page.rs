//! The page of `/metrics`, in the format that was asked for.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet, prometheus_text, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

/// What a program counts, as metrics.
pub trait Figures: fmt::Debug + Default + Send + Sync + 'static {
    /// Writes each metric.
    ///
    /// # Errors
    /// The sheet's.
    fn write(&self, sheet: &mut Sheet<'_>) -> fmt::Result;
}

/// The form of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Prometheus's text, version 0.0.4.
    Prometheus,
    /// OpenMetrics, version 1.0.0.
    OpenMetrics,
}

impl Form {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The page of these figures.
pub(super) fn page<F: Figures>(
    form: Form,
    program: &'static str,
    start: SystemTime,
    figures: Arc<F>,
    is_healthy: bool,
) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Page { program, start, figures, is_healthy }));
    let mut page = String::new();
    match form {
        Form::Prometheus => prometheus_text::encode(&mut page, &registry)?,
        Form::OpenMetrics => text::encode(&mut page, &registry)?,
    }
    Ok(page)
}

#[derive(Debug)]
struct Page<F> {
    program: &'static str,
    start: SystemTime,
    figures: Arc<F>,
    is_healthy: bool,
}

impl<F: Figures> Collector for Page<F> {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut sheet = Sheet(encoder);
        let libraries = kp_client::c_libraries();
        let librdkafka = libraries.iter().find(|(name, _)| *name == "librdkafka");
        let labels = [
            ("program", self.program),
            ("version", env!("CARGO_PKG_VERSION")),
            ("librdkafka", librdkafka.map_or("", |(_, version)| version)),
        ];
        let help = "The program that runs, and its librdkafka";
        sheet
            .0
            .encode_descriptor("kp_build", help, None, MetricType::Info)?
            .encode_info(&labels)?;
        let since = self.start.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let help = "When the program was started, in seconds since 1970";
        sheet.gauge("process_start_time_seconds", help, since.as_secs_f64())?;
        let help = "Whether the program works, as /healthz says: 1, or 0";
        sheet.gauge("kp_healthy", help, u64::from(self.is_healthy))?;
        self.figures.write(&mut sheet)
    }
}

/// A page that is being written. A counter's name is given without `_total`, which it gets on the
/// page.
#[derive(Debug)]
pub struct Sheet<'a>(DescriptorEncoder<'a>);

/// The labels of a figure: names, which are the program's own, and values, which may be any text.
pub type Labels<'l> = [(&'static str, &'l str)];

impl Sheet<'_> {
    /// A number that only grows.
    ///
    /// # Errors
    /// Those of the writer behind.
    pub fn counter(
        &mut self,
        name: &str,
        help: &str,
        value: impl EncodeCounterValue,
    ) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        encoder.encode_counter::<NoLabelSet, _, f64>(&value, None)
    }

    /// One of them for each set of labels; `each` hands them over.
    ///
    /// # Errors
    /// Those of the writer behind.
    pub fn counters(
        &mut self,
        name: &str,
        help: &str,
        each: impl FnOnce(&mut dyn FnMut(&Labels<'_>, u64) -> fmt::Result) -> fmt::Result,
    ) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        each(&mut |labels, value| {
            encoder.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&value, None)
        })
    }

    /// A number that goes up and down.
    ///
    /// # Errors
    /// Those of the writer behind.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl EncodeGaugeValue) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    /// One of them for each set of labels; `each` hands them over.
    ///
    /// # Errors
    /// Those of the writer behind.
    pub fn gauges(
        &mut self,
        name: &str,
        help: &str,
        each: impl FnOnce(&mut dyn FnMut(&Labels<'_>, i64) -> fmt::Result) -> fmt::Result,
    ) -> fmt::Result {
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        each(&mut |labels, value| encoder.encode_family(&labels)?.encode_gauge(&value))
    }

    /// How many values there are up to each bound and above the one before, the last of which is
    /// infinity; and what all of them come to.
    ///
    /// # Errors
    /// Those of the writer behind.
    pub fn histogram(
        &mut self,
        name: &str,
        help: &str,
        sum: f64,
        buckets: &[(f64, u64)],
    ) -> fmt::Result {
        let count = buckets.iter().map(|(_, count)| count).sum();
        let mut encoder = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        encoder.encode_histogram::<NoLabelSet>(sum, count, buckets, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Some;

    impl Figures for Some {
        fn write(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
            sheet.counter("kp_a", "All of it", 3_u64)?;
            sheet.gauges("kp_b", "Of each", |add| add(&[("topic", "a\"b\\c\nd")], -4))?;
            sheet.histogram("kp_c_seconds", "How long", 2.5, &[(0.5, 1), (f64::INFINITY, 2)])
        }
    }

    fn page_of(form: Form) -> String {
        let start = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_500);
        page(form, "kp-test", start, Arc::new(Some), false).unwrap()
    }

    #[test]
    fn a_page_is_in_the_form_that_was_asked_for_and_labels_are_escaped() {
        let page = page_of(Form::Prometheus);
        for line in [
            "# TYPE kp_build_info gauge",
            "process_start_time_seconds 1.5",
            "kp_healthy 0",
            "# TYPE kp_a_total counter",
            "kp_a_total 3",
            r#"kp_b{topic="a\"b\\c\nd"} -4"#,
            r#"kp_c_seconds_bucket{le="0.5"} 1"#,
            r#"kp_c_seconds_bucket{le="+Inf"} 3"#,
            "kp_c_seconds_count 3",
        ] {
            assert!(page.lines().any(|one| one == line), "{line}\n{page}");
        }
        let page = page_of(Form::OpenMetrics);
        for line in ["# TYPE kp_build info", "# TYPE kp_a counter", "kp_a_total 3", "# EOF"] {
            assert!(page.lines().any(|one| one == line), "{line}\n{page}");
        }
    }
}
