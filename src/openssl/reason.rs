//! `SSL_R_*`: the reasons of errors of library SSL, with the texts that `ERR_reason_error_string(3)` finds for them.
//!
//! Numbers and texts are those of OpenSSL 3.0. Reasons from 1000 up are alerts received from the peer: 1000 and the
//! alert's number.

use crate::libcrypto::{err, sys};
use std::ffi::{CStr, c_int};

const fn entry(reason: c_int, text: &'static CStr) -> sys::ERR_STRING_DATA {
    sys::ERR_STRING_DATA { error: err::pack(err::LIB_SSL, reason), string: text.as_ptr() }
}

/// Defines each reason as a constant and all of them as the table that libcrypto takes.
macro_rules! reasons {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        $(
            #[doc = concat!("`SSL_R_", stringify!($name), "`.")]
            pub const $name: c_int = $number;
        )*

        /// All reasons, ended by a zero code.
        static TABLE: &[sys::ERR_STRING_DATA] = &[
            $(entry($name, $text),)*
            sys::ERR_STRING_DATA { error: 0, string: std::ptr::null() },
        ];
    };
}

/// Makes the texts known to libcrypto.
pub(crate) fn load() {
    // SAFETY: a static table that ends with a zero code; libcrypto keeps pointers into it.
    unsafe { sys::ERR_load_strings_const(TABLE.as_ptr()) };
}

reasons! {
    APP_DATA_IN_HANDSHAKE = 100, c"app data in handshake";
    NO_SUITABLE_KEY_SHARE = 101, c"no suitable key share";
    BAD_DH_VALUE = 102, c"bad dh value";
    BAD_CHANGE_CIPHER_SPEC = 103, c"bad change cipher spec";
    INCONSISTENT_EXTMS = 104, c"inconsistent extms";
    BAD_HELLO_REQUEST = 105, c"bad hello request";
    BAD_DATA_RETURNED_BY_CALLBACK = 106, c"bad data returned by callback";
    BAD_DECOMPRESSION = 107, c"bad decompression";
    BAD_KEY_SHARE = 108, c"bad key share";
    CANNOT_CHANGE_CIPHER = 109, c"cannot change cipher";
    BAD_EXTENSION = 110, c"bad extension";
    BAD_DIGEST_LENGTH = 111, c"bad digest length";
    MISSING_SIGALGS_EXTENSION = 112, c"missing sigalgs extension";
    INVALID_CONFIGURATION_NAME = 113, c"invalid configuration name";
    BAD_PSK_IDENTITY = 114, c"bad psk identity";
    BAD_PACKET_LENGTH = 115, c"bad packet length";
    BAD_PROTOCOL_VERSION_NUMBER = 116, c"bad protocol version number";
    SSL_COMMAND_SECTION_EMPTY = 117, c"ssl command section empty";
    NO_SUITABLE_SIGNATURE_ALGORITHM = 118, c"no suitable signature algorithm";
    BAD_RSA_ENCRYPT = 119, c"bad rsa encrypt";
    INVALID_KEY_UPDATE_TYPE = 120, c"invalid key update type";
    STILL_IN_INIT = 121, c"still in init";
    BAD_KEY_UPDATE = 122, c"bad key update";
    BAD_SIGNATURE = 123, c"bad signature";
    BAD_SSL_FILETYPE = 124, c"bad ssl filetype";
    SSL_COMMAND_SECTION_NOT_FOUND = 125, c"ssl command section not found";
    SSL_SECTION_EMPTY = 126, c"ssl section empty";
    BAD_WRITE_RETRY = 127, c"bad write retry";
    BIO_NOT_SET = 128, c"bio not set";
    BLOCK_CIPHER_PAD_IS_WRONG = 129, c"block cipher pad is wrong";
    BN_LIB = 130, c"bn lib";
    CA_DN_LENGTH_MISMATCH = 131, c"ca dn length mismatch";
    TOO_MANY_KEY_UPDATES = 132, c"too many key updates";
    CCS_RECEIVED_EARLY = 133, c"ccs received early";
    CERTIFICATE_VERIFY_FAILED = 134, c"certificate verify failed";
    CERT_LENGTH_MISMATCH = 135, c"cert length mismatch";
    SSL_SECTION_NOT_FOUND = 136, c"ssl section not found";
    CIPHER_CODE_WRONG_LENGTH = 137, c"cipher code wrong length";
    UNKNOWN_COMMAND = 139, c"unknown command";
    COMPRESSED_LENGTH_TOO_LONG = 140, c"compressed length too long";
    COMPRESSION_FAILURE = 141, c"compression failure";
    COMPRESSION_LIBRARY_ERROR = 142, c"compression library error";
    CONNECTION_TYPE_NOT_SET = 144, c"connection type not set";
    DATA_BETWEEN_CCS_AND_FINISHED = 145, c"data between ccs and finished";
    DATA_LENGTH_TOO_LONG = 146, c"data length too long";
    DECRYPTION_FAILED = 147, c"decryption failed";
    DH_PUBLIC_VALUE_LENGTH_IS_WRONG = 148, c"dh public value length is wrong";
    DIGEST_CHECK_FAILED = 149, c"digest check failed";
    ENCRYPTED_LENGTH_TOO_LONG = 150, c"encrypted length too long";
    ERROR_IN_RECEIVED_CIPHER_LIST = 151, c"error in received cipher list";
    EXCESSIVE_MESSAGE_SIZE = 152, c"excessive message size";
    EXTRA_DATA_IN_MESSAGE = 153, c"extra data in message";
    GOT_A_FIN_BEFORE_A_CCS = 154, c"got a fin before a ccs";
    HTTPS_PROXY_REQUEST = 155, c"https proxy request";
    HTTP_REQUEST = 156, c"http request";
    TLS_INVALID_ECPOINTFORMAT_LIST = 157, c"tls invalid ecpointformat list";
    AT_LEAST_TLS_1_2_NEEDED_IN_SUITEB_MODE = 158, c"at least (D)TLS 1.2 needed in Suite B mode";
    LENGTH_MISMATCH = 159, c"length mismatch";
    LENGTH_TOO_SHORT = 160, c"length too short";
    LIBRARY_HAS_NO_CIPHERS = 161, c"library has no ciphers";
    ILLEGAL_POINT_COMPRESSION = 162, c"illegal point compression";
    EXT_LENGTH_MISMATCH = 163, c"ext length mismatch";
    TOO_MUCH_EARLY_DATA = 164, c"too much early data";
    MISSING_DSA_SIGNING_CERT = 165, c"missing dsa signing cert";
    VERSION_TOO_HIGH = 166, c"version too high";
    CONTEXT_NOT_DANE_ENABLED = 167, c"context not dane enabled";
    MISSING_RSA_CERTIFICATE = 168, c"missing rsa certificate";
    MISSING_RSA_ENCRYPTING_CERT = 169, c"missing rsa encrypting cert";
    MISSING_RSA_SIGNING_CERT = 170, c"missing rsa signing cert";
    MISSING_TMP_DH_KEY = 171, c"missing tmp dh key";
    DANE_ALREADY_ENABLED = 172, c"dane already enabled";
    DANE_CANNOT_OVERRIDE_MTYPE_FULL = 173, c"dane cannot override mtype full";
    INVALID_MAX_EARLY_DATA = 174, c"invalid max early data";
    DANE_NOT_ENABLED = 175, c"dane not enabled";
    NO_CERTIFICATES_RETURNED = 176, c"no certificates returned";
    NO_CERTIFICATE_ASSIGNED = 177, c"no certificate assigned";
    UNEXPECTED_END_OF_EARLY_DATA = 178, c"unexpected end of early data";
    NO_CERTIFICATE_SET = 179, c"no certificate set";
    DANE_TLSA_BAD_CERTIFICATE = 180, c"dane tlsa bad certificate";
    NO_CIPHERS_AVAILABLE = 181, c"no ciphers available";
    NOT_ON_RECORD_BOUNDARY = 182, c"not on record boundary";
    NO_CIPHERS_SPECIFIED = 183, c"no ciphers specified";
    DANE_TLSA_BAD_CERTIFICATE_USAGE = 184, c"dane tlsa bad certificate usage";
    NO_CIPHER_MATCH = 185, c"no cipher match";
    BAD_CIPHER = 186, c"bad cipher";
    NO_COMPRESSION_SPECIFIED = 187, c"no compression specified";
    NO_METHOD_SPECIFIED = 188, c"no method specified";
    DANE_TLSA_BAD_DATA_LENGTH = 189, c"dane tlsa bad data length";
    NO_PRIVATE_KEY_ASSIGNED = 190, c"no private key assigned";
    NO_PROTOCOLS_AVAILABLE = 191, c"no protocols available";
    DANE_TLSA_BAD_DIGEST_LENGTH = 192, c"dane tlsa bad digest length";
    NO_SHARED_CIPHER = 193, c"no shared cipher";
    EXCEEDS_MAX_FRAGMENT_SIZE = 194, c"exceeds max fragment size";
    NULL_SSL_CTX = 195, c"null ssl ctx";
    NULL_SSL_METHOD_PASSED = 196, c"null ssl method passed";
    OLD_SESSION_CIPHER_NOT_RETURNED = 197, c"old session cipher not returned";
    PACKET_LENGTH_TOO_LONG = 198, c"packet length too long";
    PEER_DID_NOT_RETURN_A_CERTIFICATE = 199, c"peer did not return a certificate";
    DANE_TLSA_BAD_MATCHING_TYPE = 200, c"dane tlsa bad matching type";
    DANE_TLSA_BAD_PUBLIC_KEY = 201, c"dane tlsa bad public key";
    DANE_TLSA_BAD_SELECTOR = 202, c"dane tlsa bad selector";
    DANE_TLSA_NULL_DATA = 203, c"dane tlsa null data";
    ERROR_SETTING_TLSA_BASE_DOMAIN = 204, c"error setting tlsa base domain";
    INVALID_ALERT = 205, c"invalid alert";
    CUSTOM_EXT_HANDLER_ALREADY_INSTALLED = 206, c"custom ext handler already installed";
    PROTOCOL_IS_SHUTDOWN = 207, c"protocol is shutdown";
    SCT_VERIFICATION_FAILED = 208, c"sct verification failed";
    MISSING_SUPPORTED_GROUPS_EXTENSION = 209, c"missing supported groups extension";
    SSL_SESSION_VERSION_MISMATCH = 210, c"ssl session version mismatch";
    READ_BIO_NOT_SET = 211, c"read bio not set";
    INVALID_CT_VALIDATION_TYPE = 212, c"invalid ct validation type";
    RECORD_LENGTH_MISMATCH = 213, c"record length mismatch";
    NO_CHANGE_FOLLOWING_HRR = 214, c"no change following hrr";
    REQUIRED_CIPHER_MISSING = 215, c"required cipher missing";
    NO_VALID_SCTS = 216, c"no valid scts";
    UNSOLICITED_EXTENSION = 217, c"unsolicited extension";
    CIPHERSUITE_DIGEST_HAS_CHANGED = 218, c"ciphersuite digest has changed";
    BAD_PSK = 219, c"bad psk";
    SIGNATURE_FOR_NON_SIGNING_CERTIFICATE = 220, c"signature for non signing certificate";
    MISSING_SIGNING_CERT = 221, c"missing signing cert";
    INCONSISTENT_EARLY_DATA_ALPN = 222, c"inconsistent early data alpn";
    PSK_IDENTITY_NOT_FOUND = 223, c"psk identity not found";
    PSK_NO_CLIENT_CB = 224, c"psk no client cb";
    PSK_NO_SERVER_CB = 225, c"psk no server cb";
    CLIENTHELLO_TLSEXT = 226, c"clienthello tlsext";
    PARSE_TLSEXT = 227, c"parse tlsext";
    SSL_CTX_HAS_NO_DEFAULT_SSL_VERSION = 228, c"ssl ctx has no default ssl version";
    SSL_HANDSHAKE_FAILURE = 229, c"ssl handshake failure";
    SSL_LIBRARY_HAS_NO_CIPHERS = 230, c"ssl library has no ciphers";
    INCONSISTENT_EARLY_DATA_SNI = 231, c"inconsistent early data sni";
    SSL3_EXT_INVALID_MAX_FRAGMENT_LENGTH = 232, c"ssl3 ext invalid max fragment length";
    BAD_EARLY_DATA = 233, c"bad early data";
    CALLBACK_FAILED = 234, c"callback failed";
    NO_APPLICATION_PROTOCOL = 235, c"no application protocol";
    BAD_HANDSHAKE_STATE = 236, c"bad handshake state";
    OVERFLOW_ERROR = 237, c"overflow error";
    INVALID_CERTIFICATE_OR_ALG = 238, c"invalid certificate or alg";
    UNABLE_TO_FIND_PUBLIC_KEY_PARAMETERS = 239, c"unable to find public key parameters";
    BAD_PACKET = 240, c"bad packet";
    INSUFFICIENT_SECURITY = 241, c"insufficient security";
    UNABLE_TO_LOAD_SSL3_MD5_ROUTINES = 242, c"unable to load ssl3 md5 routines";
    UNABLE_TO_LOAD_SSL3_SHA1_ROUTINES = 243, c"unable to load ssl3 sha1 routines";
    UNEXPECTED_MESSAGE = 244, c"unexpected message";
    UNEXPECTED_RECORD = 245, c"unexpected record";
    UNKNOWN_ALERT_TYPE = 246, c"unknown alert type";
    UNKNOWN_CERTIFICATE_TYPE = 247, c"unknown certificate type";
    UNKNOWN_CIPHER_RETURNED = 248, c"unknown cipher returned";
    UNKNOWN_CIPHER_TYPE = 249, c"unknown cipher type";
    UNKNOWN_KEY_EXCHANGE_TYPE = 250, c"unknown key exchange type";
    UNKNOWN_PKEY_TYPE = 251, c"unknown pkey type";
    UNKNOWN_PROTOCOL = 252, c"unknown protocol";
    BINDER_DOES_NOT_VERIFY = 253, c"binder does not verify";
    UNKNOWN_SSL_VERSION = 254, c"unknown ssl version";
    UNKNOWN_STATE = 255, c"unknown state";
    MISSING_FATAL = 256, c"missing fatal";
    UNSUPPORTED_COMPRESSION_ALGORITHM = 257, c"unsupported compression algorithm";
    UNSUPPORTED_PROTOCOL = 258, c"unsupported protocol";
    UNSUPPORTED_SSL_VERSION = 259, c"unsupported ssl version";
    INVALID_CCS_MESSAGE = 260, c"invalid ccs message";
    WRONG_CIPHER_RETURNED = 261, c"wrong cipher returned";
    UNEXPECTED_CCS_MESSAGE = 262, c"unexpected ccs message";
    BAD_HRR_VERSION = 263, c"bad hrr version";
    WRONG_SIGNATURE_LENGTH = 264, c"wrong signature length";
    WRONG_SIGNATURE_SIZE = 265, c"wrong signature size";
    WRONG_SSL_VERSION = 266, c"wrong ssl version";
    WRONG_VERSION_NUMBER = 267, c"wrong version number";
    X509_LIB = 268, c"x509 lib";
    X509_VERIFICATION_SETUP_PROBLEMS = 269, c"x509 verification setup problems";
    PATH_TOO_LONG = 270, c"path too long";
    BAD_LENGTH = 271, c"bad length";
    ATTEMPT_TO_REUSE_SESSION_IN_DIFFERENT_CONTEXT = 272, c"attempt to reuse session in different context";
    SSL_SESSION_ID_CONTEXT_TOO_LONG = 273, c"ssl session id context too long";
    LIBRARY_BUG = 274, c"library bug";
    SERVERHELLO_TLSEXT = 275, c"serverhello tlsext";
    UNINITIALIZED = 276, c"uninitialized";
    SESSION_ID_CONTEXT_UNINITIALIZED = 277, c"session id context uninitialized";
    POST_HANDSHAKE_AUTH_ENCODING_ERR = 278, c"post handshake auth encoding err";
    EXTENSION_NOT_RECEIVED = 279, c"extension not received";
    INVALID_COMMAND = 280, c"invalid command";
    DECRYPTION_FAILED_OR_BAD_RECORD_MAC = 281, c"decryption failed or bad record mac";
    INVALID_CONTEXT = 282, c"invalid context";
    INVALID_CONFIG = 283, c"invalid config";
    NOT_SERVER = 284, c"not server";
    REQUEST_PENDING = 285, c"request pending";
    REQUEST_SENT = 286, c"request sent";
    NO_COOKIE_CALLBACK_SET = 287, c"no cookie callback set";
    PRIVATE_KEY_MISMATCH = 288, c"private key mismatch";
    NOT_REPLACING_CERTIFICATE = 289, c"not replacing certificate";
    MISSING_PARAMETERS = 290, c"missing parameters";
    APPLICATION_DATA_AFTER_CLOSE_NOTIFY = 291, c"application data after close notify";
    BAD_LEGACY_VERSION = 292, c"bad legacy version";
    MIXED_HANDSHAKE_AND_NON_HANDSHAKE_DATA = 293, c"mixed handshake and non handshake data";
    UNEXPECTED_EOF_WHILE_READING = 294, c"unexpected eof while reading";
    NO_SUITABLE_GROUPS = 295, c"no suitable groups";
    COPY_PARAMETERS_FAILED = 296, c"copy parameters failed";
    NO_SUITABLE_DIGEST_ALGORITHM = 297, c"no suitable digest algorithm";
    RECORD_TOO_SMALL = 298, c"record too small";
    CANNOT_GET_GROUP_NAME = 299, c"cannot get group name";
    SSL3_SESSION_ID_TOO_LONG = 300, c"ssl3 session id too long";
    SSL_SESSION_ID_CALLBACK_FAILED = 301, c"ssl session id callback failed";
    SSL_SESSION_ID_CONFLICT = 302, c"ssl session id conflict";
    SSL_SESSION_ID_HAS_BAD_LENGTH = 303, c"ssl session id has bad length";
    BAD_ECC_CERT = 304, c"bad ecc cert";
    OCSP_CALLBACK_FAILURE = 305, c"ocsp callback failure";
    BAD_ECPOINT = 306, c"bad ecpoint";
    COMPRESSION_ID_NOT_WITHIN_PRIVATE_RANGE = 307, c"compression id not within private range";
    COOKIE_MISMATCH = 308, c"cookie mismatch";
    DUPLICATE_COMPRESSION_ID = 309, c"duplicate compression id";
    MISSING_PSK_KEX_MODES_EXTENSION = 310, c"missing psk kex modes extension";
    MISSING_TMP_ECDH_KEY = 311, c"missing tmp ecdh key";
    READ_TIMEOUT_EXPIRED = 312, c"read timeout expired";
    UNABLE_TO_FIND_ECDH_PARAMETERS = 314, c"unable to find ecdh parameters";
    UNSUPPORTED_ELLIPTIC_CURVE = 315, c"unsupported elliptic curve";
    ECC_CERT_NOT_FOR_SIGNING = 318, c"ecc cert not for signing";
    SSL3_EXT_INVALID_SERVERNAME = 319, c"ssl3 ext invalid servername";
    SSL3_EXT_INVALID_SERVERNAME_TYPE = 320, c"ssl3 ext invalid servername type";
    NO_REQUIRED_DIGEST = 324, c"no required digest";
    INVALID_TICKET_KEYS_LENGTH = 325, c"invalid ticket keys length";
    INVALID_STATUS_RESPONSE = 328, c"invalid status response";
    UNSUPPORTED_STATUS_TYPE = 329, c"unsupported status type";
    NO_GOST_CERTIFICATE_SENT_BY_PEER = 330, c"Peer haven't sent GOST certificate, required for selected ciphersuite";
    NO_CLIENT_CERT_METHOD = 331, c"no client cert method";
    BAD_HANDSHAKE_LENGTH = 332, c"bad handshake length";
    LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED = 333, c"legacy sigalg disallowed or unsupported";
    DTLS_MESSAGE_TOO_BIG = 334, c"dtls message too big";
    RENEGOTIATE_EXT_TOO_LONG = 335, c"renegotiate ext too long";
    RENEGOTIATION_ENCODING_ERR = 336, c"renegotiation encoding err";
    RENEGOTIATION_MISMATCH = 337, c"renegotiation mismatch";
    UNSAFE_LEGACY_RENEGOTIATION_DISABLED = 338, c"unsafe legacy renegotiation disabled";
    NO_RENEGOTIATION = 339, c"no renegotiation";
    INCONSISTENT_COMPRESSION = 340, c"inconsistent compression";
    INVALID_COMPRESSION_ALGORITHM = 341, c"invalid compression algorithm";
    REQUIRED_COMPRESSION_ALGORITHM_MISSING = 342, c"required compression algorithm missing";
    COMPRESSION_DISABLED = 343, c"compression disabled";
    OLD_SESSION_COMPRESSION_ALGORITHM_NOT_RETURNED = 344, c"old session compression algorithm not returned";
    SCSV_RECEIVED_WHEN_RENEGOTIATING = 345, c"scsv received when renegotiating";
    BAD_SRP_A_LENGTH = 347, c"bad srp a length";
    BAD_SRTP_MKI_VALUE = 352, c"bad srtp mki value";
    BAD_SRTP_PROTECTION_PROFILE_LIST = 353, c"bad srtp protection profile list";
    EMPTY_SRTP_PROTECTION_PROFILE_LIST = 354, c"empty srtp protection profile list";
    INVALID_SRP_USERNAME = 357, c"invalid srp username";
    MISSING_SRP_PARAM = 358, c"can't find SRP server param";
    NO_SRTP_PROFILES = 359, c"no srtp profiles";
    SIGNATURE_ALGORITHMS_ERROR = 360, c"signature algorithms error";
    SRP_A_CALC = 361, c"error with the srp params";
    SRTP_COULD_NOT_ALLOCATE_PROFILES = 362, c"srtp could not allocate profiles";
    SRTP_PROTECTION_PROFILE_LIST_TOO_LONG = 363, c"srtp protection profile list too long";
    SRTP_UNKNOWN_PROTECTION_PROFILE = 364, c"srtp unknown protection profile";
    TLS_ILLEGAL_EXPORTER_LABEL = 367, c"tls illegal exporter label";
    UNKNOWN_DIGEST = 368, c"unknown digest";
    USE_SRTP_NOT_NEGOTIATED = 369, c"use srtp not negotiated";
    WRONG_SIGNATURE_TYPE = 370, c"wrong signature type";
    BAD_SRP_PARAMETERS = 371, c"bad srp parameters";
    SSL_NEGATIVE_LENGTH = 372, c"ssl negative length";
    INAPPROPRIATE_FALLBACK = 373, c"inappropriate fallback";
    ECDH_REQUIRED_FOR_SUITEB_MODE = 374, c"ecdh required for suiteb mode";
    NO_SHARED_SIGNATURE_ALGORITHMS = 376, c"no shared signature algorithms";
    CERT_CB_ERROR = 377, c"cert cb error";
    WRONG_CURVE = 378, c"wrong curve";
    ILLEGAL_SUITEB_DIGEST = 380, c"illegal Suite B digest";
    MISSING_ECDSA_SIGNING_CERT = 381, c"missing ecdsa signing cert";
    WRONG_CERTIFICATE_TYPE = 383, c"wrong certificate type";
    BAD_VALUE = 384, c"bad value";
    INVALID_NULL_CMD_NAME = 385, c"invalid null cmd name";
    UNKNOWN_CMD_NAME = 386, c"unknown cmd name";
    INVALID_SERVERINFO_DATA = 388, c"invalid serverinfo data";
    NO_PEM_EXTENSIONS = 389, c"no pem extensions";
    BAD_DATA = 390, c"bad data";
    PEM_NAME_BAD_PREFIX = 391, c"pem name bad prefix";
    PEM_NAME_TOO_SHORT = 392, c"pem name too short";
    DH_KEY_TOO_SMALL = 394, c"dh key too small";
    VERSION_TOO_LOW = 396, c"version too low";
    CA_KEY_TOO_SMALL = 397, c"ca key too small";
    CA_MD_TOO_WEAK = 398, c"ca md too weak";
    EE_KEY_TOO_SMALL = 399, c"ee key too small";
    COOKIE_GEN_CALLBACK_FAILURE = 400, c"cookie gen callback failure";
    FRAGMENTED_CLIENT_HELLO = 401, c"fragmented client hello";
    INVALID_SEQUENCE_NUMBER = 402, c"invalid sequence number";
    NO_VERIFY_COOKIE_CALLBACK = 403, c"no verify cookie callback";
    LENGTH_TOO_LONG = 404, c"length too long";
    FAILED_TO_INIT_ASYNC = 405, c"failed to init async";
    PIPELINE_FAILURE = 406, c"pipeline failure";
    SHUTDOWN_WHILE_IN_INIT = 407, c"shutdown while in init";
    SSL_SESSION_ID_TOO_LONG = 408, c"ssl session id too long";
    TOO_MANY_WARN_ALERTS = 409, c"too many warn alerts";
    NO_SHARED_GROUPS = 410, c"no shared groups";
    BAD_RECORD_TYPE = 443, c"bad record type";
    INVALID_SESSION_ID = 999, c"invalid session id";
    SSLV3_ALERT_UNEXPECTED_MESSAGE = 1010, c"sslv3 alert unexpected message";
    SSLV3_ALERT_BAD_RECORD_MAC = 1020, c"sslv3 alert bad record mac";
    TLSV1_ALERT_DECRYPTION_FAILED = 1021, c"tlsv1 alert decryption failed";
    TLSV1_ALERT_RECORD_OVERFLOW = 1022, c"tlsv1 alert record overflow";
    SSLV3_ALERT_DECOMPRESSION_FAILURE = 1030, c"sslv3 alert decompression failure";
    SSLV3_ALERT_HANDSHAKE_FAILURE = 1040, c"sslv3 alert handshake failure";
    SSLV3_ALERT_NO_CERTIFICATE = 1041, c"sslv3 alert no certificate";
    SSLV3_ALERT_BAD_CERTIFICATE = 1042, c"sslv3 alert bad certificate";
    SSLV3_ALERT_UNSUPPORTED_CERTIFICATE = 1043, c"sslv3 alert unsupported certificate";
    SSLV3_ALERT_CERTIFICATE_REVOKED = 1044, c"sslv3 alert certificate revoked";
    SSLV3_ALERT_CERTIFICATE_EXPIRED = 1045, c"sslv3 alert certificate expired";
    SSLV3_ALERT_CERTIFICATE_UNKNOWN = 1046, c"sslv3 alert certificate unknown";
    SSLV3_ALERT_ILLEGAL_PARAMETER = 1047, c"sslv3 alert illegal parameter";
    TLSV1_ALERT_UNKNOWN_CA = 1048, c"tlsv1 alert unknown ca";
    TLSV1_ALERT_ACCESS_DENIED = 1049, c"tlsv1 alert access denied";
    TLSV1_ALERT_DECODE_ERROR = 1050, c"tlsv1 alert decode error";
    TLSV1_ALERT_DECRYPT_ERROR = 1051, c"tlsv1 alert decrypt error";
    TLSV1_ALERT_EXPORT_RESTRICTION = 1060, c"tlsv1 alert export restriction";
    TLSV1_ALERT_PROTOCOL_VERSION = 1070, c"tlsv1 alert protocol version";
    TLSV1_ALERT_INSUFFICIENT_SECURITY = 1071, c"tlsv1 alert insufficient security";
    TLSV1_ALERT_INTERNAL_ERROR = 1080, c"tlsv1 alert internal error";
    TLSV1_ALERT_INAPPROPRIATE_FALLBACK = 1086, c"tlsv1 alert inappropriate fallback";
    TLSV1_ALERT_USER_CANCELLED = 1090, c"tlsv1 alert user cancelled";
    TLSV1_ALERT_NO_RENEGOTIATION = 1100, c"tlsv1 alert no renegotiation";
    TLSV13_ALERT_MISSING_EXTENSION = 1109, c"tlsv13 alert missing extension";
    TLSV1_UNSUPPORTED_EXTENSION = 1110, c"tlsv1 unsupported extension";
    TLSV1_CERTIFICATE_UNOBTAINABLE = 1111, c"tlsv1 certificate unobtainable";
    TLSV1_UNRECOGNIZED_NAME = 1112, c"tlsv1 unrecognized name";
    TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE = 1113, c"tlsv1 bad certificate status response";
    TLSV1_BAD_CERTIFICATE_HASH_VALUE = 1114, c"tlsv1 bad certificate hash value";
    TLSV1_ALERT_UNKNOWN_PSK_IDENTITY = 1115, c"tlsv1 alert unknown psk identity";
    TLSV13_ALERT_CERTIFICATE_REQUIRED = 1116, c"tlsv13 alert certificate required";
    TLSV1_ALERT_NO_APPLICATION_PROTOCOL = 1120, c"tlsv1 alert no application protocol";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found() {
        load();
        // SAFETY: any code may be asked for; the answers are static strings of the table or null.
        let text = |reason| unsafe {
            let text = sys::ERR_reason_error_string(err::pack(err::LIB_SSL, reason));
            crate::seam::arg::c_str(text).map(CStr::to_bytes)
        };
        assert_eq!(text(NO_CIPHER_MATCH), Some(b"no cipher match".as_slice()));
        assert_eq!(text(TLSV1_ALERT_UNKNOWN_CA), Some(b"tlsv1 alert unknown ca".as_slice()));
        assert_eq!(text(99), None);
        assert_eq!(TABLE.len(), 322);
    }
}
