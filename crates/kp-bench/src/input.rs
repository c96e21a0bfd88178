//! Files of lines, for the programs that read what they send.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::folder::folder;

/// The lines that kp-producer makes up by itself.
///
/// # Errors
/// The file cannot be written.
pub(super) fn generated(messages: u64) -> Result<PathBuf> {
    file(&format!("lines-{messages}.txt"), |out| {
        (0..messages).try_for_each(|i| writeln!(out, "{{\"str\":\"result{i}\"}}"))
    })
}

/// Lines of this many bytes each, as compressible as text is: words of no meaning, the same in
/// every file.
///
/// # Errors
/// The file cannot be written.
pub(super) fn sized(messages: u64, bytes: usize) -> Result<PathBuf> {
    file(&format!("lines-{messages}-of-{bytes}.txt"), |out| {
        let text = text();
        let mut start = 0;
        for _ in 0..messages {
            start = (start + 7919) % text.len();
            let mut left = bytes;
            let mut from = start;
            while left > 0 {
                let part = &text[from..text.len().min(from + left)];
                out.write_all(part)?;
                left -= part.len();
                from = 0;
            }
            out.write_all(b"\n")?;
        }
        Ok(())
    })
}

/// Makes the file once and keeps it, because a big one takes seconds.
fn file(name: &str, write: impl Fn(&mut dyn Write) -> io::Result<()>) -> Result<PathBuf> {
    let path = folder()?.join(name);
    if !path.is_file() {
        // A file that is there is whole: until then it has another name.
        let unfinished = path.with_extension("unfinished");
        let written = File::create(&unfinished).and_then(|file| {
            let mut out = BufWriter::with_capacity(1 << 20, file);
            write(&mut out)?;
            out.flush()
        });
        written
            .and_then(|()| fs::rename(&unfinished, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(path)
}

/// 64 KiB of lower-case words, by a fixed rule.
fn text() -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut text = Vec::with_capacity(1 << 16);
    while text.len() < 1 << 16 {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        text.push(match state % 6 {
            0 => b' ',
            _ => b'a' + (state >> 8) as u8 % 26,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_lines_are_our_producers_own() {
        let text = fs::read_to_string(generated(3).unwrap()).unwrap();
        assert_eq!(text, "{\"str\":\"result0\"}\n{\"str\":\"result1\"}\n{\"str\":\"result2\"}\n");
    }

    #[test]
    fn sized_lines_have_their_size() {
        let text = fs::read(sized(5, 70_000).unwrap()).unwrap();
        let lines: Vec<_> = text.split(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len(), 6);
        assert!(lines[..5].iter().all(|line| line.len() == 70_000));
        assert_ne!(lines[0], lines[1]);
    }
}
