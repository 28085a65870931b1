//! A look at a CertificateRequest's bytes (RFC 5246, section 7.4.4; RFC 8446, section 4.3.2): rustls shows only the
//! part of it that it would use itself.

use super::hello::Reader;

/// The handshake type of a CertificateRequest.
pub const MESSAGE: u8 = 13;

/// What a server that asks for a certificate takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateRequest {
    /// TLS 1.2: types of certificates.
    pub types: Vec<u8>,
    /// Signature schemes for the handshake.
    pub schemes: Vec<u16>,
    /// Signature schemes on certificates, if they are told apart.
    pub schemes_on_certificates: Option<Vec<u16>>,
    /// Names of issuers in DER; none when there is no room for them.
    pub authorities: Option<Vec<Vec<u8>>>,
}

fn numbers(list: &[u8]) -> Vec<u16> {
    list.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect()
}

fn names(list: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut list = Reader(list);
    let mut names = Vec::new();
    while !list.0.is_empty() {
        names.push(list.vec16()?.to_vec());
    }
    Some(names)
}

impl CertificateRequest {
    /// Parses a handshake message with its header.
    pub fn from_message(message: &[u8], tls13: bool) -> Option<Self> {
        let mut reader = Reader(message);
        (reader.u8()? == usize::from(MESSAGE)).then_some(())?;
        let len = reader.u8()? << 16 | reader.u16()?;
        let mut body = Reader(reader.take(len)?);
        if tls13 {
            return Self::from_extensions(&mut body);
        }
        Some(Self {
            types: body.vec8()?.to_vec(),
            schemes: numbers(body.vec16()?),
            schemes_on_certificates: None,
            authorities: Some(names(body.vec16()?)?),
        })
    }

    fn from_extensions(body: &mut Reader<'_>) -> Option<Self> {
        const SIGNATURE_ALGORITHMS: usize = 13;
        const CERTIFICATE_AUTHORITIES: usize = 47;
        const SIGNATURE_ALGORITHMS_CERT: usize = 50;
        let _context = body.vec8()?;
        let mut extensions = Reader(body.vec16()?);
        let mut request = Self::default();
        while !extensions.0.is_empty() {
            let kind = extensions.u16()?;
            let mut content = Reader(extensions.vec16()?);
            match kind {
                SIGNATURE_ALGORITHMS => request.schemes = numbers(content.vec16()?),
                SIGNATURE_ALGORITHMS_CERT => request.schemes_on_certificates = Some(numbers(content.vec16()?)),
                CERTIFICATE_AUTHORITIES => request.authorities = Some(names(content.vec16()?)?),
                _ => {}
            }
        }
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let old = [13, 0, 0, 15, 2, 1, 64, 0, 4, 4, 3, 8, 9, 0, 4, 0, 2, 0x30, 0];
        let expected = CertificateRequest {
            types: vec![1, 64],
            schemes: vec![0x0403, 0x0809],
            schemes_on_certificates: None,
            authorities: Some(vec![vec![0x30, 0]]),
        };
        assert_eq!(CertificateRequest::from_message(&old, false), Some(expected));
        let new = [13, 0, 0, 11, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
        let expected = CertificateRequest { schemes: vec![0x0403], ..CertificateRequest::default() };
        assert_eq!(CertificateRequest::from_message(&new, true), Some(expected));
        for len in 0..old.len() {
            assert_eq!(CertificateRequest::from_message(old.get(..len).unwrap_or_default(), false), None, "{len}");
        }
    }
}
