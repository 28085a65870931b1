//! PEM (RFC 7468) in its usual form. What is unusual in any way is left to readers that know more.

use rustls::pki_types::pem;
use zeroize::Zeroizing;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
/// Every line of a body has this length, but the last, which may be shorter.
const LINE: usize = 64;
/// Readers that work with lines of limited length see more lines where one is longer than this.
const LONGEST_LINE: usize = 200;

/// What stands between a BEGIN and its END.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// As in `-----BEGIN label-----`.
    pub label: &'a str,
    /// Both borders and the body.
    text: &'a [u8],
}

/// All blocks of a file in order; text around them does not count. None when anything about it is unusual.
pub fn blocks(file: &[u8]) -> Option<Vec<Block<'_>>> {
    let mut blocks = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let start = file.len() - rest.len();
        let line = trimmed(next_line(&mut rest))?;
        let Some(label) = line.strip_prefix(BEGIN) else {
            if line.starts_with(DASHES) {
                return None;
            }
            continue;
        };
        let label = std::str::from_utf8(label.strip_suffix(DASHES)?).ok()?;
        skip_body(&mut rest, label)?;
        let end = file.len() - rest.len();
        blocks.push(Block { label, text: file.get(start..end)? });
    }
    Some(blocks)
}

/// The next line, without its end; the last may have none.
fn next_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let at = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    let (line, behind) = rest.split_at_checked(at).unwrap_or((rest, &[]));
    *rest = behind.get(1..).unwrap_or_default();
    line
}

/// A line without a carriage return at its end; none when it is too long or holds a NUL.
fn trimmed(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    (line.len() <= LONGEST_LINE && !line.contains(&0)).then_some(line)
}

/// Goes behind the END of a block whose body is base64 and nothing else.
fn skip_body(rest: &mut &[u8], label: &str) -> Option<()> {
    let mut last = LINE;
    loop {
        let line = trimmed(next_line(rest))?;
        if let Some(end) = line.strip_prefix(END) {
            return (end.strip_suffix(DASHES)? == label.as_bytes()).then_some(());
        }
        let is_base64 = |&byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let fits = last == LINE && (1..=LINE).contains(&line.len()) && line.len() % 4 == 0;
        (fits && line.iter().all(is_base64)).then_some(())?;
        last = line.len();
        // Padding ends a body.
        if line.ends_with(b"=") {
            last = 0;
        }
    }
}

impl Block<'_> {
    /// The bytes; none when they are not base64, or of a kind that nobody here asks for.
    pub fn decode(&self) -> Option<Zeroizing<Vec<u8>>> {
        let (_, der) = pem::from_buf(&mut &*self.text).ok()??;
        Some(Zeroizing::new(der))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2\nd3g=\n";

    fn labels(text: &str) -> Option<Vec<String>> {
        Some(blocks(text.as_bytes())?.iter().map(|block| block.label.to_owned()).collect())
    }

    fn block(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n")
    }

    #[test]
    fn usual_files() {
        let two = format!("text\n{}more\n{}", block("CERTIFICATE", BODY), block("EC PARAMETERS", BODY));
        assert_eq!(labels(&two), Some(vec!["CERTIFICATE".into(), "EC PARAMETERS".into()]));
        assert_eq!(labels(&two.replace('\n', "\r\n")), labels(&two));
        assert_eq!(labels(two.trim_end()), labels(&two));
        assert_eq!(labels(""), Some(vec![]));
        let one = block("CERTIFICATE", BODY);
        let decoded = blocks(one.as_bytes()).and_then(|blocks| blocks.first()?.decode());
        let expected = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx";
        assert_eq!(decoded.as_deref().map(Vec::as_slice), Some(&expected[..]));
    }

    #[test]
    fn unusual_files() {
        let one = block("CERTIFICATE", BODY);
        for unusual in [
            one.replace("-----END CERTIFICATE-----", ""),
            one.replace("-----END", "----END"),
            one.replace("END CERTIFICATE", "END X509"),
            one.replace("QUJD", "QUJ"),
            one.replace("QUJD", "Q JD"),
            block("CERTIFICATE", &format!("Proc-Type: 4,ENCRYPTED\n\n{BODY}")),
            block("CERTIFICATE", &format!("{BODY}QUJD\n")),
            format!("{}\n{one}", "x".repeat(300)),
            format!("-----BEGIN CERTIFICATE-----\n{one}"),
            format!("-----END CERTIFICATE-----\n{one}"),
        ] {
            let decoded = blocks(unusual.as_bytes()).and_then(|blocks| blocks.first()?.decode());
            assert!(decoded.is_none(), "{unusual}");
        }
    }
}
