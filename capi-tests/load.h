/* Certificates and keys of the tests' PKI as objects; a file that does not load ends the test. Include after check.h. */
#ifndef LOAD_H
#define LOAD_H

#include <openssl/pem.h>

static inline X509 *load_cert(const char *file)
{
    BIO *in = BIO_new_file(pki(file), "r");
    X509 *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);

    BIO_free(in);
    if (cert == NULL)
        check_give_up(file);
    return cert;
}

static inline EVP_PKEY *load_key(const char *file)
{
    BIO *in = BIO_new_file(pki(file), "r");
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);

    BIO_free(in);
    if (key == NULL)
        check_give_up(file);
    return key;
}

#endif
