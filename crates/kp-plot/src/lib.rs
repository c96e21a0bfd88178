//! Figures as SVG, for a page of HTML or a README, and the same as text for a terminal.
//!
//! ```text
//!  Bar          -> bars      \
//!  Line, Axis   -> lines      >  one <svg>, with the title that readers of screens speak
//!  Row, Moment  -> timeline  /
//!  the same     -> text::bars, text::timeline      at most 80 columns
//! ```
//! - **Readable without colour**: lines differ by dashes and by markers, spans by lightness and
//!   by a label, bars by text and by how full they are.
//! - **On a light and on a dark page**: what is black elsewhere has the page's own colour of text
//!   (`currentColor`). A figure that is a file of its own, as in a README, brings a background that
//!   suits it.
//! - **At any width**: a figure takes the width that it is given, up to 680 px on a page. On a
//!   phone of 390 px the size of its letters is 8 px.
//! - **Any text**: wide letters get more room, and a text that is too long is smaller, not cut.
//!
//! plotters draws; `sheet` makes its SVG fit for a page.
//! Nothing in a figure is fetched, and nothing in it has an id, so that a page may have many.
//! It knows nothing of what is drawn. Figures that are not finite are left out.
//!
//! ```
//! use kp_plot::{Bar, Moment, Row, Span};
//!
//! let bars = vec![Bar::plain("batches of 1", 9_500.0, "9,500 a second").emphasised()];
//! let svg = kp_plot::bars("Messages a second", &[("acks=all".to_owned(), bars)]);
//! assert!(svg.starts_with("<svg"));
//!
//! let spans = [Span::new(0.0, 4.5, "member 1"), Span::new(6.0, 9.0, "member 2")];
//! let row = Row::new("partition 0", spans);
//! let killed = Moment::new(4.5, "member 1 killed");
//! let text = kp_plot::text::timeline(&[row], &[killed], "seconds");
//! assert!(text.starts_with("partition 0  AAAA"));
//! ```
#![forbid(unsafe_code)]

mod axis;
mod bars;
mod lines;
mod sheet;
mod spans;
pub mod text;
mod timeline;

pub use axis::{Axis, Scale};
pub use bars::{Bar, bars};
pub use lines::{Line, lines};
pub use sheet::escaped;
pub use spans::{Moment, Row, Span};
pub use timeline::timeline;
