/* SSL_CTX_set1_groups(3), SSL_CTX_set1_sigalgs(3), SSL_get_peer_tmp_key(3), SSL_get_shared_sigalgs(3): groups and signature algorithms. */
#include "peer.h"

#include <openssl/ec.h>

static const char *const group_lists[] = {
    "P-256", "X25519", "P-384:P-256", "prime256v1", "secp384r1", "secp256r1", "x25519", "p-256", "X25519:P-256:P-384", "P-256:P-256", "", ":", "P-256:",
    ":P-256", "nonsense", "P-256:nonsense", "nonsense:P-256", " P-256", "P-256,P-384", "P-256 P-384", "AES", "secp256k1",
};

static const char *const sigalg_lists[] = {
    "RSA+SHA256", "ECDSA+SHA256", "RSA+SHA256:ECDSA+SHA384", "RSA-PSS+SHA256", "PSS+SHA384", "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256",
    "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ed25519", "rsa_pss_pss_sha256", "RSA+SHA256:RSA+SHA256", "RSA+SHA256:nonsense",
    "nonsense", "", "RSA", "+SHA256", "RSA+", "RSA+MD5", "rsa+sha256", "ECDSA+SHA512:RSA+SHA512", ":", "RSA+SHA256:", "ED25519", "DSA+SHA256",
};

static void list_syntax(void)
{
    static int nids[] = { NID_X9_62_prime256v1, NID_secp384r1 }, bad[] = { NID_X9_62_prime256v1, NID_sha256 }, twice[] = { NID_X25519, NID_X25519 };
    static int sigalgs[] = { NID_sha256, EVP_PKEY_RSA, NID_sha384, EVP_PKEY_EC }, bad_sigalgs[] = { NID_sha256, NID_sha256 };
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);

    SECTION("lists of groups");
    for (size_t i = 0; i < sizeof group_lists / sizeof *group_lists; i++) {
        printf("\"%s\": %ld", group_lists[i], (long)SSL_CTX_set1_groups_list(ctx, group_lists[i]));
        printf(" %ld\n", (long)SSL_set1_groups_list(ssl, group_lists[i]));
        SHOW_ERR_DATA();
    }
    SHOW(SSL_CTX_set1_groups(ctx, nids, 2));
    SHOW(SSL_set1_groups(ssl, nids, 2));
    SHOW(SSL_set1_groups(ssl, nids, 1));
    SHOW_ERR();
    SHOW(SSL_CTX_set1_groups(ctx, nids, 0));
    SHOW_ERR();
    SHOW(SSL_CTX_set1_groups(ctx, bad, 2));
    SHOW_ERR();
    SHOW(SSL_CTX_set1_groups(ctx, twice, 2));
    SHOW_ERR();
    SHOW(SSL_CTX_set1_curves_list(ctx, "P-384"));
    SHOW(SSL_CTX_set1_curves(ctx, nids, 2));
    SHOW(SSL_set1_curves_list(ssl, "P-256"));
    SHOW_STR(SSL_group_to_name(ssl, NID_X9_62_prime256v1));
    SHOW_STR(SSL_group_to_name(ssl, NID_secp384r1));
    SHOW_STR(SSL_group_to_name(ssl, NID_X25519));
    SHOW_STR(SSL_group_to_name(ssl, 0x01000000 | 29));
    SHOW_STR(SSL_group_to_name(ssl, 0));
    SHOW_STR(SSL_group_to_name(ssl, 99999));
    SHOW_ERR();

    SECTION("lists of signature algorithms");
    for (size_t i = 0; i < sizeof sigalg_lists / sizeof *sigalg_lists; i++) {
        printf("\"%s\": %ld", sigalg_lists[i], (long)SSL_CTX_set1_sigalgs_list(ctx, sigalg_lists[i]));
        printf(" %ld", (long)SSL_set1_sigalgs_list(ssl, sigalg_lists[i]));
        printf(" %ld", (long)SSL_CTX_set1_client_sigalgs_list(ctx, sigalg_lists[i]));
        printf(" %ld\n", (long)SSL_set1_client_sigalgs_list(ssl, sigalg_lists[i]));
        SHOW_ERR_DATA();
    }
    SHOW(SSL_CTX_set1_sigalgs(ctx, sigalgs, 4));
    SHOW(SSL_set1_sigalgs(ssl, sigalgs, 4));
    SHOW(SSL_CTX_set1_client_sigalgs(ctx, sigalgs, 2));
    SHOW(SSL_set1_client_sigalgs(ssl, sigalgs, 2));
    SHOW_ERR();
    SHOW(SSL_CTX_set1_sigalgs(ctx, sigalgs, 3));
    SHOW_ERR();
    SHOW(SSL_CTX_set1_sigalgs(ctx, bad_sigalgs, 2));
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static void show_tmp_key(SSL *ssl)
{
    EVP_PKEY *key = NULL;
    long got = SSL_get_peer_tmp_key(ssl, &key);
    char group[64] = "";

    printf("peer's temporary key: %ld", got);
    if (got == 1) {
        EVP_PKEY_get_group_name(key, group, sizeof group, NULL);
        printf(" %s %d bits %s", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key), group);
    }
    printf("\n");
    EVP_PKEY_free(key);
    key = NULL;
    got = SSL_get_tmp_key(ssl, &key);
    printf("own temporary key: %ld %s\n", got, got == 1 ? EVP_PKEY_get0_type_name(key) : "");
    EVP_PKEY_free(key);
    ERR_clear_error();
}

static void group_handshake(const char *client_groups, const char *server_groups, int server_preference, int version)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("rsa");
    SSL *client, *server;
    struct pair_result result;

    printf("-- %x: client %s, server %s%s\n", version, client_groups, server_groups, server_preference ? " (prefers)" : "");
    pair_new(&client, &server, client_ctx, server_ctx);
    if (SSL_set_max_proto_version(client, version) != 1 || SSL_set1_groups_list(client, client_groups) != 1 || SSL_set1_groups_list(server, server_groups) != 1)
        printf("list refused\n");
    /* without a group in common the reference would go on to suites that need none */
    if (SSL_set_cipher_list(client, "ECDHE+AESGCM") != 1)
        check_give_up("cipher list");
    if (server_preference)
        SSL_set_options(server, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SHOW(SSL_get_shared_group(server, 0));
    show_tmp_key(client);
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    show_tmp_key(client);
    show_tmp_key(server);
    /* without a session the system's libssl crashes on the first two */
    if (result.ok) {
        SHOW(SSL_get_negotiated_group(client));
        SHOW(SSL_get_negotiated_group(server));
    }
    SHOW(SSL_get_shared_group(server, -1));
    SHOW(SSL_get_shared_group(server, 0));
    SHOW(SSL_get_shared_group(server, 1));
    SHOW(SSL_get_shared_group(client, -1));
    if (result.ok) {
        int nids[16];
        int count = SSL_get1_groups(server, nids);

        printf("the client's groups:");
        for (int i = 0; i < count && i < 16; i++)
            printf(" %s", OBJ_nid2sn(nids[i]));
        printf("\n");
        CHECK(SSL_get1_groups(server, NULL) == count);
    }
    ERR_clear_error();
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

static void show_shared_sigalgs(SSL *ssl)
{
    int sign, hash, signhash;
    unsigned char rsig, rhash;
    /* a negative index counts one list, but not the other */
    int count = SSL_get_shared_sigalgs(ssl, 0, NULL, NULL, NULL, NULL, NULL);

    printf("shared signature algorithms: %d\n", count);
    for (int i = 0; i < count; i++) {
        SSL_get_shared_sigalgs(ssl, i, &sign, &hash, &signhash, &rsig, &rhash);
        printf("  %s %s %s %02x%02x\n", OBJ_nid2sn(sign), OBJ_nid2sn(hash), OBJ_nid2sn(signhash), rhash, rsig);
    }
    count = SSL_get_sigalgs(ssl, -1, NULL, NULL, NULL, NULL, NULL);
    printf("the peer's signature algorithms: %d\n", count);
    for (int i = 0; i < count; i++) {
        SSL_get_sigalgs(ssl, i, &sign, &hash, &signhash, &rsig, &rhash);
        printf("  %s %s %s %02x%02x\n", OBJ_nid2sn(sign), OBJ_nid2sn(hash), OBJ_nid2sn(signhash), rhash, rsig);
    }
    SHOW(SSL_get_shared_sigalgs(ssl, 1000, NULL, NULL, NULL, NULL, NULL));
    SHOW(SSL_get_sigalgs(ssl, 1000, NULL, NULL, NULL, NULL, NULL));
}

static void sigalg_handshake(const char *certificate, const char *client_list, const char *server_list, int version)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx(certificate);
    SSL *client, *server;
    struct pair_result result;
    int nid = 0;

    printf("-- %x: certificate %s, client %s, server %s\n", version, certificate, client_list, server_list == NULL ? "default" : server_list);
    pair_new(&client, &server, client_ctx, server_ctx);
    if (SSL_set_max_proto_version(client, version) != 1 || SSL_set1_sigalgs_list(client, client_list) != 1
        || (server_list != NULL && SSL_set1_sigalgs_list(server, server_list) != 1))
        printf("list refused\n");
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    if (result.ok) {
        show_shared_sigalgs(server);
        SHOW(SSL_get_peer_signature_nid(client, &nid));
        SHOW_STR(OBJ_nid2sn(nid));
        SHOW(SSL_get_peer_signature_type_nid(client, &nid));
        SHOW_STR(OBJ_nid2sn(nid));
        SHOW(SSL_get_signature_nid(server, &nid));
        SHOW_STR(OBJ_nid2sn(nid));
    }
    SHOW_ERR();
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

/* What the server's list says to the client's certificate. */
static void client_certificate(const char *certificate, const char *server_list, int version)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("ecdsa");
    SSL *client, *server;
    struct pair_result result;
    char byte;

    printf("-- %x: client certificate %s, server accepts %s\n", version, certificate, server_list);
    if (SSL_CTX_use_certificate_chain_file(client_ctx, pki_of(certificate, ".pem")) != 1
        || SSL_CTX_use_PrivateKey_file(client_ctx, pki_of(certificate, ".key"), SSL_FILETYPE_PEM) != 1
        || SSL_CTX_load_verify_locations(server_ctx, pki("ca.pem"), NULL) != 1)
        check_give_up(certificate);
    SSL_CTX_set_verify(server_ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_set_max_proto_version(client, version));
    SHOW(SSL_set1_client_sigalgs_list(server, server_list));
    result = pair_handshake(client, server);
    pair_show("handshake", &result);
    SHOW(SSL_read(client, &byte, 1));
    SHOW_ERR();
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

static void tmp_ecdh(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    SSL *ssl = SSL_new(ctx);
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);

    SECTION("the old way to one curve");
    SHOW(SSL_CTX_set_tmp_ecdh(ctx, key));
    SHOW(SSL_set_tmp_ecdh(ssl, key));
    SHOW(SSL_CTX_set_tmp_ecdh(ctx, NULL));
    SHOW_ERR();
    EC_KEY_free(key);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

int main(void)
{
    static const char both[] = "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256:rsa_pkcs1_sha256";
    const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

    list_syntax();
    tmp_ecdh();
    for (int i = 0; i < 2; i++) {
        SECTION("groups of two sides");
        group_handshake("P-256", "P-256", 0, versions[i]);
        group_handshake("X25519", "X25519", 0, versions[i]);
        group_handshake("P-384", "P-384", 0, versions[i]);
        group_handshake("X25519:P-256", "P-256:X25519", 0, versions[i]);
        group_handshake("X25519:P-256", "P-256:X25519", 1, versions[i]);
        group_handshake("X25519:P-256", "P-256", 0, versions[i]);
        group_handshake("P-384:P-256", "X25519:P-256", 0, versions[i]);
        SECTION("no group in common");
        group_handshake("X25519", "P-256", 0, versions[i]);
        group_handshake("P-256", "X25519:P-384", 1, versions[i]);
        SECTION("signature algorithms of two sides");
        sigalg_handshake("rsa", both, NULL, versions[i]);
        sigalg_handshake("ecdsa", both, both, versions[i]);
        sigalg_handshake("rsa", "rsa_pss_rsae_sha384:rsa_pss_rsae_sha256", NULL, versions[i]);
        sigalg_handshake("rsa", "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384", "rsa_pss_rsae_sha384:rsa_pss_rsae_sha256", versions[i]);
        sigalg_handshake("p384", "ecdsa_secp384r1_sha384", NULL, versions[i]);
        sigalg_handshake("ed25519", "ed25519:ecdsa_secp256r1_sha256", NULL, versions[i]);
        SECTION("no signature algorithm for the certificate");
        sigalg_handshake("rsa", "ecdsa_secp256r1_sha256", NULL, versions[i]);
        sigalg_handshake("ecdsa", "rsa_pss_rsae_sha256", NULL, versions[i]);
        sigalg_handshake("ecdsa", both, "rsa_pss_rsae_sha256", versions[i]);
        sigalg_handshake("rsa", "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", versions[i]);
        SECTION("signature algorithms for the client's certificate");
        client_certificate("client", "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256", versions[i]);
        client_certificate("client-rsa", "rsa_pss_rsae_sha256", versions[i]);
        client_certificate("client-rsa", "ecdsa_secp256r1_sha256", versions[i]);
    }
    SECTION("PKCS#1 alone is not enough for TLS 1.3");
    sigalg_handshake("rsa", "rsa_pkcs1_sha256", NULL, TLS1_3_VERSION);
    sigalg_handshake("rsa", "rsa_pkcs1_sha256", NULL, TLS1_2_VERSION);
    return 0;
}
