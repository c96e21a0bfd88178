//! The headers that `%h` has printed.

type Headers = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Reads `key=value,key2=value2`, where the value `NULL` is null. What is wrong comes with its
/// byte.
pub(super) fn read(text: &[u8]) -> Result<Headers, (usize, String)> {
    let mut headers = Vec::new();
    if text.is_empty() {
        return Ok(headers);
    }
    let mut start = 0;
    for header in text.split(|byte| *byte == b',') {
        let Some(equals) = memchr::memchr(b'=', header) else {
            let problem = "expected headers (%h): key=value, and a comma between two of them";
            return Err((start, problem.to_owned()));
        };
        let value = &header[equals + 1..];
        let value = (value != b"NULL").then(|| value.to_vec());
        headers.push((header[..equals].to_vec(), value));
        start += header.len() + 1;
    }
    Ok(headers)
}
