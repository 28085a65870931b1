//! Temporary public keys of a key exchange as `EVP_PKEY`.

use super::err;
use super::lib_ctx::LibCtx;
use super::pkey::Pkey;

/// What stands before a key in its SubjectPublicKeyInfo (RFC 5480, RFC 8410), by the group's number of IANA's registry.
fn info_before(group: u16) -> Option<&'static [u8]> {
    Some(match group {
        // secp256r1
        23 => &[
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ],
        // secp384r1
        24 => &[
            0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
            0x00, 0x22, 0x03, 0x62, 0x00,
        ],
        // secp521r1
        25 => &[
            0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
            0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00,
        ],
        // x25519
        29 => &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00],
        // x448
        30 => &[0x30, 0x42, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6f, 0x03, 0x39, 0x00],
        _ => return None,
    })
}

/// The public key `bytes`, as TLS sends it, of a group; none when libcrypto has no such group or key.
pub fn of_group(group: u16, bytes: &[u8], lib_ctx: &LibCtx) -> Option<Pkey> {
    let info = [info_before(group)?, bytes].concat();
    err::discarding(|| Pkey::from_spki(&info, lib_ctx))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_libcrypto() {
        let key = of_group(29, &[9; 32], &LibCtx::default());
        assert!(key.is_some_and(|key| key.is_a(c"X25519")));
        assert!(of_group(29, &[9; 31], &LibCtx::default()).is_none());
        assert!(of_group(23, &[4; 65], &LibCtx::default()).is_none(), "not a point of the curve");
        assert!(of_group(4588, &[0; 1216], &LibCtx::default()).is_none());
    }
}
