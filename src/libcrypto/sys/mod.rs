//! Declarations of libcrypto's functions that `openssl-sys` lacks, and re-exports of those it has; one file per area.
//!
//! Only functions that libcrypto 3.0 has may be declared here; newer ones are looked up at run time.

#![expect(non_camel_case_types, non_upper_case_globals, reason = "the names of libcrypto's headers")]
#![expect(missing_docs, reason = "libcrypto's own manual pages document these names")]

mod asn1;
mod bio;
mod comp;
mod conf;
mod dh;
mod digest;
mod err;
mod ex_data;
mod init;
mod lhash;
mod ocsp;
mod pem;
mod pkey;
mod session;
mod stack;
mod ticket;
mod x509;
mod x509_name;
mod x509_vfy;

pub use asn1::*;
pub use bio::*;
pub use comp::*;
pub use conf::*;
pub use dh::*;
pub use digest::*;
pub use err::*;
pub use ex_data::*;
pub use init::*;
pub use lhash::*;
pub use ocsp::*;
pub use openssl_sys::{
    ASN1_OBJECT, BIGNUM, BIO, BIO_METHOD, EVP_CIPHER, EVP_CIPHER_CTX, EVP_MD, EVP_MD_CTX, EVP_PKEY, EVP_PKEY_CTX,
    OPENSSL_STACK, OSSL_LIB_CTX, X509, X509_CRL, X509_NAME, X509_STORE, X509_STORE_CTX, X509_VERIFY_PARAM,
};
pub use pem::*;
pub use pkey::*;
pub use session::*;
pub use stack::*;
pub use ticket::*;
pub use x509::*;
pub use x509_name::*;
pub use x509_vfy::*;
