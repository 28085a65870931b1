/*
 * d2i_SSL_SESSION(3), SSL_SESSION_print(3), SSL_SESSION_get_master_key, SSL_CTX_set_timeout(3): what the sessions of
 * connections consist of on either side, before and after tickets, and how long they are good for.
 */
#include "call.h"

static struct contexts both;

/* Reads a DER header: the tag, and the content's place and length; 0 at the end. */
static int next_part(const unsigned char **at, const unsigned char *end, const unsigned char **content, size_t *len)
{
    int tag;

    if (end - *at < 2)
        return 0;
    tag = *(*at)++;
    *len = *(*at)++;
    if (*len & 0x80) {
        int bytes = (int)(*len & 0x7f);

        for (*len = 0; bytes > 0; bytes--)
            *len = *len << 8 | *(*at)++;
    }
    *content = *at;
    *at += *len;
    return tag;
}

/* The fields of a session's encoding; those that are random only by their presence or length. */
static void show_outline(const char *label, SSL_SESSION *session)
{
    unsigned char *der = NULL;
    const unsigned char *at, *content, *end, *inner;
    size_t len, inner_len;
    int whole = i2d_SSL_SESSION(session, &der), tag, index = 0;

    printf("%s:", label);
    if (whole <= 0) {
        printf(" none\n");
        SHOW_ERR();
        return;
    }
    at = der;
    next_part(&at, der + whole, &content, &len);
    end = content + len;
    for (at = content; (tag = next_part(&at, end, &content, &len)) != 0; index++) {
        inner = content;
        inner_len = len;
        if (tag & 0x80) {
            const unsigned char *in = content;

            next_part(&in, content + len, &inner, &inner_len);
        }
        printf(" %02x", tag);
        switch (tag) {
        case 0xa1:
        case 0xa3:
        case 0xae:
            printf("=...");
            break;
        case 0x04:
            /* suite, id, key */
            printf(index == 2 ? "=%02x%02x" : "(%d)", index == 2 ? inner[0] : (int)inner_len, inner[1]);
            break;
        case 0xaa:
            printf(inner_len > 100 ? "=long" : "(%d)", (int)inner_len);
            break;
        default:
            printf("=");
            for (size_t i = 0; i < inner_len; i++)
                printf("%02x", inner[i]);
        }
    }
    printf("\n");
    OPENSSL_free(der);
}

/* SSL_SESSION_print without what is random. */
static void show_text(SSL_SESSION *session)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char line[512];

    SHOW(SSL_SESSION_print(bio, session));
    while (BIO_gets(bio, line, sizeof line) > 0) {
        char *value = strstr(line, ": ");

        if (strstr(line, " - ") != NULL)
            continue;
        if (value != NULL && (strstr(line, "Session-ID:") || strstr(line, "Key:") || strstr(line, "PSK:") || strstr(line, "Start Time:")))
            sprintf(value, strlen(value) > 3 ? ": ...\n" : ": \n");
        printf("| %s", line);
    }
    printf("\n");
    BIO_free(bio);
}

static int same_key(SSL_SESSION *one, SSL_SESSION *other)
{
    unsigned char a[512], b[512];
    size_t len = SSL_SESSION_get_master_key(one, a, sizeof a);

    return len == SSL_SESSION_get_master_key(other, b, sizeof b) && memcmp(a, b, len) == 0;
}

static int select_h2(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in, unsigned in_len, void *arg)
{
    (void)ssl, (void)in, (void)in_len, (void)arg;
    *out = (const unsigned char *)"h2";
    *out_len = 2;
    return SSL_TLSEXT_ERR_OK;
}

static int accept_name(SSL *ssl, int *alert, void *arg)
{
    (void)ssl, (void)alert, (void)arg;
    return SSL_TLSEXT_ERR_OK;
}

static void sides(const char *label, SSL *client, SSL *server)
{
    SSL_SESSION *of_client = SSL_get_session(client), *of_server = SSL_get_session(server);

    printf("-- %s\n", label);
    if (of_client != NULL)
        show_outline("client", of_client);
    if (of_server != NULL)
        show_outline("server", of_server);
    if (of_client != NULL && of_server != NULL) {
        SHOW(SSL_SESSION_get_master_key(of_client, NULL, 0));
        SHOW(SSL_SESSION_get_master_key(of_server, NULL, 0));
        if (SSL_version(client) == TLS1_2_VERSION || SSL_SESSION_has_ticket(of_client))
            SHOW(same_key(of_client, of_server));
        SHOW_PTR(SSL_SESSION_get0_peer(of_client));
        SHOW_PTR(SSL_SESSION_get0_peer(of_server));
        SHOW(SSL_SESSION_is_resumable(of_client));
        SHOW(SSL_SESSION_is_resumable(of_server));
    }
}

static void made(int version, uint64_t options, int client_certificate)
{
    SSL *client, *server;
    SSL_SESSION *session;

    printf("== made in version %x, options %llx, client certificate %d\n", version, (unsigned long long)options, client_certificate);
    both = contexts_new("rsa", version);
    SSL_CTX_set_options(both.server, options);
    SSL_CTX_set_num_tickets(both.server, 1);
    SSL_CTX_set_timeout(both.server, 1234);
    SSL_CTX_set_timeout(both.client, 4321);
    SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"made", 4);
    SSL_CTX_set_alpn_select_cb(both.server, select_h2, NULL);
    SSL_CTX_set_tlsext_servername_callback(both.server, accept_name);
    SSL_CTX_set1_groups_list(both.client, "P-256");
    SSL_CTX_set_alpn_protos(both.client, (const unsigned char *)"\x02h2", 3);
    if (client_certificate) {
        SSL_CTX_load_verify_locations(both.server, pki("ca.pem"), NULL);
        SSL_CTX_set_verify(both.server, SSL_VERIFY_PEER, NULL);
        SSL_CTX_use_certificate_chain_file(both.client, pki("client.pem"));
        SSL_CTX_use_PrivateKey_file(both.client, pki("client.key"), SSL_FILETYPE_PEM);
    }
    pair_new(&client, &server, both.client, both.server);
    SSL_set_tlsext_host_name(client, "made.example");
    sides("before", client, server);
    SSL_do_handshake(client);
    ERR_clear_error();
    sides("hello sent", client, server);
    pair_connect(client, server);
    if (version == TLS1_2_VERSION)
        sides("connected", client, server);
    CHECK(pair_transfer(server, client, "hello", 5));
    sides("after data", client, server);
    show_text(SSL_get_session(client));
    show_text(SSL_get_session(server));
    session = SSL_get1_session(client);
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);

    pair_new(&client, &server, both.client, both.server);
    SSL_set_tlsext_host_name(client, "made.example");
    SSL_set_session(client, session);
    pair_connect(client, server);
    CHECK(pair_transfer(server, client, "hello", 5));
    printf("reused %d %d\n", SSL_session_reused(client), SSL_session_reused(server));
    sides("resumed", client, server);
    show_text(SSL_get_session(client));
    SSL_shutdown(client);
    SSL_shutdown(server);
    pair_free(client, server);
    SSL_SESSION_free(session);
    contexts_free(&both);
}

static long age, good_for;

/* Makes the session in a ticket older than it is. */
static int make_old(SSL *ssl, void *arg)
{
    SSL_SESSION *session = SSL_get_session(ssl);

    (void)arg;
    SSL_SESSION_set_time(session, SSL_SESSION_get_time(session) - age);
    SSL_SESSION_set_timeout(session, good_for);
    return 1;
}

static SSL_TICKET_RETURN as_it_is(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t name_len, SSL_TICKET_STATUS status, void *arg)
{
    (void)ssl, (void)name, (void)name_len, (void)arg;
    printf("  a ticket came back: status %d, session %s\n", status, session == NULL ? "none" : "there");
    return status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_IGNORE_RENEW;
}

static void ends(int version)
{
    static const struct {
        long age, good_for;
    } cases[] = { { 10, 100 }, { 100, 10 }, { -100, 50 } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int by_id = 0; by_id < 2; by_id++) {
            SSL *client, *server;
            SSL_SESSION *session;

            printf("-- %ld seconds old, good for %ld, by %s\n", cases[i].age, cases[i].good_for, by_id ? "id" : "ticket");
            age = cases[i].age;
            good_for = cases[i].good_for;
            both = contexts_new("ecdsa", version);
            SSL_CTX_set_session_id_context(both.server, (const unsigned char *)"ends", 4);
            if (by_id)
                SSL_CTX_set_options(both.server, SSL_OP_NO_TICKET);
            else
                SHOW(SSL_CTX_set_session_ticket_cb(both.server, make_old, as_it_is, NULL));
            SSL_CTX_set_num_tickets(both.server, 1);
            for (int round = 0; round < 2; round++) {
                pair_new(&client, &server, both.client, both.server);
                if (round == 1) {
                    SSL_set_session(client, session);
                    SSL_SESSION_free(session);
                }
                pair_connect(client, server);
                CHECK(pair_transfer(server, client, "hello", 5));
                if (by_id && round == 0) {
                    session = SSL_get_session(server);
                    SSL_SESSION_set_time(session, SSL_SESSION_get_time(session) - age);
                    SHOW(SSL_SESSION_set_timeout(session, good_for));
                }
                printf("reused %d %d, cache holds %ld, timeouts %ld, hits %ld\n", SSL_session_reused(client), SSL_session_reused(server),
                       SSL_CTX_sess_number(both.server), SSL_CTX_sess_timeouts(both.server), SSL_CTX_sess_hits(both.server));
                session = SSL_get1_session(client);
                SHOW(SSL_SESSION_get_ticket_lifetime_hint(session));
                SSL_shutdown(client);
                SSL_shutdown(server);
                pair_free(client, server);
            }
            SSL_SESSION_free(session);
            contexts_free(&both);
        }
    }
}

static void context_timeouts(int version)
{
    static const long times[] = { 0, 1, 7200, 604800, 604801, 10000000, 0x100000001 };

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        SSL *client, *server;

        printf("-- %ld\n", times[i]);
        both = contexts_new("ecdsa", version);
        SSL_CTX_set_num_tickets(both.server, 1);
        SHOW(SSL_CTX_set_timeout(both.server, times[i]));
        SHOW(SSL_CTX_get_timeout(both.server));
        SHOW(SSL_CTX_set_timeout(both.client, times[i]));
        pair_new(&client, &server, both.client, both.server);
        pair_connect(client, server);
        CHECK(pair_transfer(server, client, "hello", 5));
        SHOW(SSL_SESSION_get_timeout(SSL_get_session(client)));
        SHOW(SSL_SESSION_get_timeout(SSL_get_session(server)));
        SHOW(SSL_SESSION_get_ticket_lifetime_hint(SSL_get_session(client)));
        SHOW(SSL_SESSION_get_ticket_lifetime_hint(SSL_get_session(server)));
        pair_free(client, server);
        contexts_free(&both);
    }
}

/* A handshake that fails late: what the sessions have come to by then. */
static void failed(int version)
{
    SSL *client, *server;
    struct pair_result result;

    both = contexts_new("rsa", version);
    SSL_CTX_set_verify(both.server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set1_groups_list(both.client, "P-256");
    pair_new(&client, &server, both.client, both.server);
    result = pair_handshake(client, server);
    pair_show("no client certificate", &result);
    sides("after", client, server);
    SHOW_STR(SSL_get_cipher_name(client));
    if (SSL_get_session(client) != NULL)
        show_text(SSL_get_session(client));
    pair_free(client, server);
    contexts_free(&both);

    both = contexts_new("rsa", version);
    SSL_CTX_free(both.client);
    both.client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(both.client, version);
    SSL_CTX_set1_groups_list(both.client, "P-256");
    SSL_CTX_set_verify(both.client, SSL_VERIFY_PEER, NULL);
    pair_new(&client, &server, both.client, both.server);
    result = pair_handshake(client, server);
    pair_show("a server that is not trusted", &result);
    sides("after", client, server);
    SHOW_PTR(SSL_get0_peer_certificate(client));
    SHOW(SSL_get_verify_result(client));
    pair_free(client, server);
    contexts_free(&both);
}

int main(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    made(TLS1_2_VERSION, 0, 0);
    made(TLS1_2_VERSION, SSL_OP_NO_TICKET, 0);
    made(TLS1_2_VERSION, 0, 1);
    made(TLS1_3_VERSION, 0, 0);
    made(TLS1_3_VERSION, SSL_OP_NO_TICKET, 0);
    made(TLS1_3_VERSION, 0, 1);
    in_both_versions("ends", ends);
    in_both_versions("timeouts of contexts", context_timeouts);
    in_both_versions("failed", failed);
    return 0;
}
