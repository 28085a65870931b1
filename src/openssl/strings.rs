//! `SSL_alert_type_string(3)`, `SSL_state_string(3)`: alerts and handshake states in words.

use std::ffi::{CStr, c_char, c_int};

use super::connection::{self, Phase};
use super::error::guard;
use super::types::SSL;

/// Defines the handshake states with their numbers and words.
macro_rules! states {
    ($($name:ident = $number:literal, $c_name:literal, $short:literal, $long:literal;)*) => {
        /// Where a handshake stands: `OSSL_HANDSHAKE_STATE` of ssl.h.
        ///
        /// While a message is awaited the state is still that of the message before it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum State {
            $(
                #[doc = concat!("`", $c_name, "`.")]
                $name = $number,
            )*
        }

        impl State {
            /// The number C knows.
            pub const fn number(self) -> c_int {
                self as c_int
            }

            /// The answer of `SSL_state_string`.
            pub const fn short(self) -> &'static CStr {
                match self {
                    $(State::$name => $short,)*
                }
            }

            /// The answer of `SSL_state_string_long`.
            pub const fn long(self) -> &'static CStr {
                match self {
                    $(State::$name => $long,)*
                }
            }
        }
    };
}

states! {
    Before = 0, "TLS_ST_BEFORE", c"PINIT", c"before SSL initialization";
    Ok = 1, "TLS_ST_OK", c"SSLOK", c"SSL negotiation finished successfully";
    DtlsClientReadsHelloVerifyRequest = 2, "DTLS_ST_CR_HELLO_VERIFY_REQUEST", c"DRCHV", c"DTLS1 read hello verify request";
    ClientReadsServerHello = 3, "TLS_ST_CR_SRVR_HELLO", c"TRSH", c"SSLv3/TLS read server hello";
    ClientReadsCertificate = 4, "TLS_ST_CR_CERT", c"TRSC", c"SSLv3/TLS read server certificate";
    ClientReadsCertificateStatus = 5, "TLS_ST_CR_CERT_STATUS", c"TRCS", c"SSLv3/TLS read certificate status";
    ClientReadsKeyExchange = 6, "TLS_ST_CR_KEY_EXCH", c"TRSKE", c"SSLv3/TLS read server key exchange";
    ClientReadsCertificateRequest = 7, "TLS_ST_CR_CERT_REQ", c"TRCR", c"SSLv3/TLS read server certificate request";
    ClientReadsServerDone = 8, "TLS_ST_CR_SRVR_DONE", c"TRSD", c"SSLv3/TLS read server done";
    ClientReadsSessionTicket = 9, "TLS_ST_CR_SESSION_TICKET", c"TRST", c"SSLv3/TLS read server session ticket";
    ClientReadsChangeCipherSpec = 10, "TLS_ST_CR_CHANGE", c"TRCCS", c"SSLv3/TLS read change cipher spec";
    ClientReadsFinished = 11, "TLS_ST_CR_FINISHED", c"TRFIN", c"SSLv3/TLS read finished";
    ClientWritesClientHello = 12, "TLS_ST_CW_CLNT_HELLO", c"TWCH", c"SSLv3/TLS write client hello";
    ClientWritesCertificate = 13, "TLS_ST_CW_CERT", c"TWCC", c"SSLv3/TLS write client certificate";
    ClientWritesKeyExchange = 14, "TLS_ST_CW_KEY_EXCH", c"TWCKE", c"SSLv3/TLS write client key exchange";
    ClientWritesCertificateVerify = 15, "TLS_ST_CW_CERT_VRFY", c"TWCV", c"SSLv3/TLS write certificate verify";
    ClientWritesChangeCipherSpec = 16, "TLS_ST_CW_CHANGE", c"TWCCS", c"SSLv3/TLS write change cipher spec";
    ClientWritesNextProtocol = 17, "TLS_ST_CW_NEXT_PROTO", c"TWNP", c"SSLv3/TLS write next proto";
    ClientWritesFinished = 18, "TLS_ST_CW_FINISHED", c"TWFIN", c"SSLv3/TLS write finished";
    ServerWritesHelloRequest = 19, "TLS_ST_SW_HELLO_REQ", c"TWHR", c"SSLv3/TLS write hello request";
    ServerReadsClientHello = 20, "TLS_ST_SR_CLNT_HELLO", c"TRCH", c"SSLv3/TLS read client hello";
    DtlsServerWritesHelloVerifyRequest = 21, "DTLS_ST_SW_HELLO_VERIFY_REQUEST", c"DWCHV", c"DTLS1 write hello verify request";
    ServerWritesServerHello = 22, "TLS_ST_SW_SRVR_HELLO", c"TWSH", c"SSLv3/TLS write server hello";
    ServerWritesCertificate = 23, "TLS_ST_SW_CERT", c"TWSC", c"SSLv3/TLS write certificate";
    ServerWritesKeyExchange = 24, "TLS_ST_SW_KEY_EXCH", c"TWSKE", c"SSLv3/TLS write key exchange";
    ServerWritesCertificateRequest = 25, "TLS_ST_SW_CERT_REQ", c"TWCR", c"SSLv3/TLS write certificate request";
    ServerWritesServerDone = 26, "TLS_ST_SW_SRVR_DONE", c"TWSD", c"SSLv3/TLS write server done";
    ServerReadsCertificate = 27, "TLS_ST_SR_CERT", c"TRCC", c"SSLv3/TLS read client certificate";
    ServerReadsKeyExchange = 28, "TLS_ST_SR_KEY_EXCH", c"TRCKE", c"SSLv3/TLS read client key exchange";
    ServerReadsCertificateVerify = 29, "TLS_ST_SR_CERT_VRFY", c"TRCV", c"SSLv3/TLS read certificate verify";
    ServerReadsNextProtocol = 30, "TLS_ST_SR_NEXT_PROTO", c"TRNP", c"SSLv3/TLS read next proto";
    ServerReadsChangeCipherSpec = 31, "TLS_ST_SR_CHANGE", c"TRCCS", c"SSLv3/TLS read change cipher spec";
    ServerReadsFinished = 32, "TLS_ST_SR_FINISHED", c"TRFIN", c"SSLv3/TLS read finished";
    ServerWritesSessionTicket = 33, "TLS_ST_SW_SESSION_TICKET", c"TWST", c"SSLv3/TLS write session ticket";
    ServerWritesCertificateStatus = 34, "TLS_ST_SW_CERT_STATUS", c"TWCS", c"SSLv3/TLS write certificate status";
    ServerWritesChangeCipherSpec = 35, "TLS_ST_SW_CHANGE", c"TWCCS", c"SSLv3/TLS write change cipher spec";
    ServerWritesFinished = 36, "TLS_ST_SW_FINISHED", c"TWFIN", c"SSLv3/TLS write finished";
    ServerWritesEncryptedExtensions = 37, "TLS_ST_SW_ENCRYPTED_EXTENSIONS", c"TWEE", c"TLSv1.3 write encrypted extensions";
    ClientReadsEncryptedExtensions = 38, "TLS_ST_CR_ENCRYPTED_EXTENSIONS", c"TREE", c"TLSv1.3 read encrypted extensions";
    ClientReadsCertificateVerify = 39, "TLS_ST_CR_CERT_VRFY", c"TRSCV", c"TLSv1.3 read server certificate verify";
    ServerWritesCertificateVerify = 40, "TLS_ST_SW_CERT_VRFY", c"TWSCV", c"TLSv1.3 write server certificate verify";
    ClientReadsHelloRequest = 41, "TLS_ST_CR_HELLO_REQ", c"TRHR", c"SSLv3/TLS read hello request";
    ServerWritesKeyUpdate = 42, "TLS_ST_SW_KEY_UPDATE", c"TWSKU", c"TLSv1.3 write server key update";
    ClientWritesKeyUpdate = 43, "TLS_ST_CW_KEY_UPDATE", c"TWCKU", c"TLSv1.3 write client key update";
    ServerReadsKeyUpdate = 44, "TLS_ST_SR_KEY_UPDATE", c"TRCKU", c"TLSv1.3 read client key update";
    ClientReadsKeyUpdate = 45, "TLS_ST_CR_KEY_UPDATE", c"TRSKU", c"TLSv1.3 read server key update";
    EarlyData = 46, "TLS_ST_EARLY_DATA", c"TED", c"TLSv1.3 early data";
    PendingEarlyDataEnd = 47, "TLS_ST_PENDING_EARLY_DATA_END", c"TPEDE", c"TLSv1.3 pending early data end";
    ClientWritesEndOfEarlyData = 48, "TLS_ST_CW_END_OF_EARLY_DATA", c"TWEOED", c"TLSv1.3 write end of early data";
    ServerReadsEndOfEarlyData = 49, "TLS_ST_SR_END_OF_EARLY_DATA", c"TWEOED", c"TLSv1.3 read end of early data";
}

/// Where the record layer stands (`SSL_rstate_string`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RecordState {
    /// A header is awaited.
    ReadHeader,
    /// The body behind a header is awaited.
    ReadBody,
}

impl RecordState {
    /// The answer of `SSL_rstate_string`.
    const fn short(self) -> &'static CStr {
        match self {
            RecordState::ReadHeader => c"RH",
            RecordState::ReadBody => c"RB",
        }
    }

    /// The answer of `SSL_rstate_string_long`.
    const fn long(self) -> &'static CStr {
        match self {
            RecordState::ReadHeader => c"read header",
            RecordState::ReadBody => c"read body",
        }
    }
}

/// # Safety
/// `ssl` is null or a live handle.
unsafe fn state_text(ssl: *const SSL, failed: &'static CStr, text: fn(State) -> &'static CStr) -> *const c_char {
    guard(failed.as_ptr(), || {
        // SAFETY: null or a live handle, by the caller.
        let ssl = unsafe { connection::share(ssl) }?;
        let in_error = matches!(*ssl.phase.lock(), Phase::Failed);
        Ok(if in_error { failed.as_ptr() } else { text(ssl.state()).as_ptr() })
    })
}

/// `SSL_state_string(3)`: returns a few letters for where the handshake stands, `SSLERR` after a fatal error.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (counts as an error) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_state_string(ssl: *const SSL) -> *const c_char {
    // SAFETY: passed on from the caller.
    unsafe { state_text(ssl, c"SSLERR", State::short) }
}

/// `SSL_state_string_long(3)`: returns in words where the handshake stands, `error` after a fatal error.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (counts as an error) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_state_string_long(ssl: *const SSL) -> *const c_char {
    // SAFETY: passed on from the caller.
    unsafe { state_text(ssl, c"error", State::long) }
}

/// # Safety
/// `ssl` is null or a live handle.
unsafe fn record_text(ssl: *const SSL, text: fn(RecordState) -> &'static CStr) -> *const c_char {
    guard(c"unknown".as_ptr(), || {
        // SAFETY: null or a live handle, by the caller.
        let ssl = unsafe { connection::share(ssl) }?;
        let begun = match &*ssl.phase.lock() {
            Phase::Handshaking(Some(handshake)) => handshake.has_ciphertext(),
            _ => ssl.receiver.look(|receiver| receiver.has_ciphertext()).unwrap_or(false),
        };
        Ok(text(if begun { RecordState::ReadBody } else { RecordState::ReadHeader }).as_ptr())
    })
}

/// `SSL_rstate_string(3)`: returns two letters for what of a record is awaited.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns `unknown`) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_rstate_string(ssl: *const SSL) -> *const c_char {
    // SAFETY: passed on from the caller.
    unsafe { record_text(ssl, RecordState::short) }
}

/// `SSL_rstate_string_long(3)`: returns in words what of a record is awaited.
///
/// Status: full.
///
/// # Safety
/// `ssl` is null (returns `unknown`) or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SSL_rstate_string_long(ssl: *const SSL) -> *const c_char {
    // SAFETY: passed on from the caller.
    unsafe { record_text(ssl, RecordState::long) }
}

/// `SSL_alert_type_string(3)`: returns one letter for the level of an alert as the info callback gets it.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_alert_type_string(value: c_int) -> *const c_char {
    guard(c"U".as_ptr(), || {
        Ok(match value >> 8 {
            1 => c"W".as_ptr(),
            2 => c"F".as_ptr(),
            _ => c"U".as_ptr(),
        })
    })
}

/// `SSL_alert_type_string_long(3)`: returns the level of an alert as the info callback gets it.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_alert_type_string_long(value: c_int) -> *const c_char {
    guard(c"unknown".as_ptr(), || {
        Ok(match value >> 8 {
            1 => c"warning".as_ptr(),
            2 => c"fatal".as_ptr(),
            _ => c"unknown".as_ptr(),
        })
    })
}

/// `SSL_alert_desc_string(3)`: returns two letters for the alert in the low byte of `value`.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_alert_desc_string(value: c_int) -> *const c_char {
    guard(c"UK".as_ptr(), || Ok(alert(value).0.as_ptr()))
}

/// `SSL_alert_desc_string_long(3)`: returns the name of the alert in the low byte of `value`.
///
/// Status: full.
#[unsafe(no_mangle)]
pub extern "C" fn SSL_alert_desc_string_long(value: c_int) -> *const c_char {
    guard(c"unknown".as_ptr(), || Ok(alert(value).1.as_ptr()))
}

/// Short and long name of an alert. OpenSSL 3.0 has no names for those that came with TLS 1.3.
const fn alert(value: c_int) -> (&'static CStr, &'static CStr) {
    match value & 0xff {
        0 => (c"CN", c"close notify"),
        10 => (c"UM", c"unexpected_message"),
        20 => (c"BM", c"bad record mac"),
        21 => (c"DC", c"decryption failed"),
        22 => (c"RO", c"record overflow"),
        30 => (c"DF", c"decompression failure"),
        40 => (c"HF", c"handshake failure"),
        41 => (c"NC", c"no certificate"),
        42 => (c"BC", c"bad certificate"),
        43 => (c"UC", c"unsupported certificate"),
        44 => (c"CR", c"certificate revoked"),
        45 => (c"CE", c"certificate expired"),
        46 => (c"CU", c"certificate unknown"),
        47 => (c"IP", c"illegal parameter"),
        48 => (c"CA", c"unknown CA"),
        49 => (c"AD", c"access denied"),
        50 => (c"DE", c"decode error"),
        51 => (c"CY", c"decrypt error"),
        60 => (c"ER", c"export restriction"),
        70 => (c"PV", c"protocol version"),
        71 => (c"IS", c"insufficient security"),
        80 => (c"IE", c"internal error"),
        90 => (c"US", c"user canceled"),
        100 => (c"NR", c"no renegotiation"),
        110 => (c"UE", c"unsupported extension"),
        111 => (c"CO", c"certificate unobtainable"),
        112 => (c"UN", c"unrecognized name"),
        113 => (c"BR", c"bad certificate status response"),
        114 => (c"BH", c"bad certificate hash value"),
        115 => (c"UP", c"unknown PSK identity"),
        120 => (c"UK", c"no application protocol"),
        _ => (c"UK", c"unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        // SAFETY: all answers are static C strings.
        let text = |pointer: *const c_char| unsafe { CStr::from_ptr(pointer) };
        assert_eq!(text(SSL_alert_type_string(0x128)), c"W");
        assert_eq!(text(SSL_alert_type_string_long(0x228)), c"fatal");
        assert_eq!(text(SSL_alert_desc_string(0x228)), c"HF");
        assert_eq!(text(SSL_alert_desc_string_long(0x230)), c"unknown CA");
        assert_eq!(text(SSL_alert_desc_string_long(-1)), c"unknown");
        assert_eq!((State::Ok.number(), State::Ok.short()), (1, c"SSLOK"));
        assert_eq!(State::ServerReadsEndOfEarlyData.number(), 49);
    }
}
