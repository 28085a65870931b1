//! Random bytes from the kernel.

/// Fills `buf` with random bytes; false when the kernel has none to give.
///
/// For keys that must exist before anything else is set up: it costs one system call and keeps no state that a fork
/// would copy.
pub fn fill(mut buf: &mut [u8]) -> bool {
    while !buf.is_empty() {
        // SAFETY: `buf` is writable for its length.
        let got = unsafe { libc::getrandom(buf.as_mut_ptr().cast(), buf.len(), 0) };
        match usize::try_from(got) {
            Ok(got) => buf = buf.get_mut(got..).unwrap_or_default(),
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn fills_all_and_differs() {
        let (mut one, mut other) = ([0; 300], [0; 300]);
        assert!(super::fill(&mut one) && super::fill(&mut other));
        assert_ne!(one, other);
        assert!(one[200..].iter().any(|&byte| byte != 0));
    }
}
