//! The system's libcrypto: foreign declarations (`sys`) and owned or borrowed wrappers around them.

pub mod bio;
pub mod err;
pub mod ex_data;
pub mod lhash;
pub mod lib_ctx;
pub mod memory;
pub mod names;
pub mod ocsp;
pub mod pem;
pub mod pkey;
pub mod public_key;
pub mod session_outline;
pub mod stack;
pub mod store;
pub mod store_ctx;
pub mod sys;
pub mod ticket;
pub mod verify_param;
pub mod x509;
