/* Certificates made in the test: usual ones but for what the test changes. */
#ifndef CAPI_TESTS_ISSUE_H
#define CAPI_TESTS_ISSUE_H

#include "call.h"
#include "load.h"

#include <openssl/x509v3.h>

/* Changes a certificate before it is signed. */
typedef void (*issue_change)(X509 *cert);

/* Who signs. */
struct issuer {
    X509 *cert;
    EVP_PKEY *key;
};

/* Adds an extension as text of x509v3_config(5). */
static inline void issue_ext_by(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    if ((ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL || X509_add_ext(cert, ext, -1) != 1)
        check_give_up(value);
    X509_EXTENSION_free(ext);
}

static inline void issue_ext(X509 *cert, int nid, const char *value)
{
    issue_ext_by(cert, cert, nid, value);
}

/* Adds an extension as bytes. */
static inline void issue_raw_ext(X509 *cert, const char *oid, int critical, const void *data, int len)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    X509_EXTENSION *ext;

    if (object == NULL || octets == NULL || ASN1_OCTET_STRING_set(octets, data, len) != 1
        || (ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, octets)) == NULL || X509_add_ext(cert, ext, -1) != 1)
        check_give_up(oid);
    X509_EXTENSION_free(ext);
    ASN1_OCTET_STRING_free(octets);
    ASN1_OBJECT_free(object);
}

/* Removes the extension with this NID. */
static inline void issue_no_ext(X509 *cert, int nid)
{
    int at = X509_get_ext_by_NID(cert, nid, -1);

    if (at >= 0)
        X509_EXTENSION_free(X509_delete_ext(cert, at));
}

static inline void issue_name(X509 *cert, const char *common)
{
    X509_NAME *name = X509_get_subject_name(cert);

    if (X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const unsigned char *)"ferrossl tests", -1, -1, 0) != 1
        || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0) != 1)
        check_give_up("name");
}

/*
 * A version 3 certificate of `key` for `common`, of 2020 to 2049, not signed yet. A CA has its constraints; a leaf the
 * name localhost.
 */
static inline X509 *issue_begin(const char *common, EVP_PKEY *key, int is_ca)
{
    X509 *cert = X509_new();

    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 || ASN1_INTEGER_set(X509_get_serialNumber(cert), 0x1234) != 1
        || ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20200101000000Z") != 1
        || ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), "20491231235959Z") != 1 || X509_set_pubkey(cert, key) != 1)
        check_give_up("certificate");
    issue_name(cert, common);
    issue_ext(cert, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    issue_ext(cert, NID_subject_key_identifier, "hash");
    if (!is_ca)
        issue_ext(cert, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    return cert;
}

/* Signs, by `by` or, if that is null, with the certificate's own `key`. */
static inline X509 *issue_end(X509 *cert, const struct issuer *by, EVP_PKEY *key, const EVP_MD *md)
{
    X509 *issuer = by == NULL ? cert : by->cert;

    if (X509_set_issuer_name(cert, X509_get_subject_name(issuer)) != 1 || X509_sign(cert, by == NULL ? key : by->key, md) == 0)
        check_give_up("signing");
    return cert;
}

/* A leaf for localhost with a change. */
static inline X509 *issue_leaf(EVP_PKEY *key, const struct issuer *by, issue_change change)
{
    X509 *cert = issue_begin("localhost", key, 0);

    issue_ext_by(cert, by->cert, NID_authority_key_identifier, "keyid:always");
    if (change != NULL)
        change(cert);
    return issue_end(cert, by, key, EVP_sha256());
}

#endif
