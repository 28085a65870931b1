/*
 * SSL_ctrl, SSL_CTX_ctrl and the two callback forms, SSL_CTX_ctrl(3): every command number with nothing in its hands, and the
 * commands that have no named function of their own and no other test.
 */
#include "peer.h"

/* Commands on which the system's libssl crashes when the pointer is NULL; ours must answer something. */
static const int context_dies[] = { 82, 91, 115, 128, 129, 137, 138, -1 };
static const int connection_dies[] = { 66, 68, 70, 91, 115, 134, 137, 138, -1 };
static const int callback_dies[] = { -1 };

static int listed(const int *list, int command)
{
    for (; *list >= 0; list++)
        if (*list == command)
            return 1;
    return 0;
}

enum form { CONTEXT, CONNECTION, CONTEXT_CALLBACK, CONNECTION_CALLBACK };

struct question {
    int command;
    long larg;
};

struct answer {
    long ret, reason;
};

static struct answer ask(enum form form, struct question question)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl = SSL_new(ctx);
    struct answer answer = { 0, 0 };

    switch (form) {
    case CONTEXT:
        answer.ret = SSL_CTX_ctrl(ctx, question.command, question.larg, NULL);
        break;
    case CONNECTION:
        answer.ret = SSL_ctrl(ssl, question.command, question.larg, NULL);
        break;
    case CONTEXT_CALLBACK:
        answer.ret = SSL_CTX_callback_ctrl(ctx, question.command, NULL);
        break;
    case CONNECTION_CALLBACK:
        answer.ret = SSL_callback_ctrl(ssl, question.command, NULL);
        break;
    }
    answer.reason = ERR_peek_error() == 0 ? 0 : ERR_GET_REASON(ERR_peek_last_error());
    ERR_clear_error();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return answer;
}

/*
 * Asks the questions from `next` on in a child, so that a crash is an answer too; returns the number answered. A child
 * that dies has not answered the question after the last answer.
 */
static size_t ask_in_child(enum form form, const struct question *questions, size_t next, size_t count, struct answer *answers)
{
    size_t got = next;
    int ends[2];
    pid_t pid;

    fflush(stdout);
    if (pipe(ends) != 0 || (pid = fork()) < 0)
        check_give_up("fork");
    if (pid == 0) {
        /* a crash is an answer here: no sanitizer's report of it */
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        for (; next < count; next++) {
            struct answer answer = ask(form, questions[next]);

            if (write(ends[1], &answer, sizeof answer) != sizeof answer)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    while (got < count && read(ends[0], &answers[got], sizeof *answers) == sizeof *answers)
        got++;
    close(ends[0]);
    waitpid(pid, NULL, 0);
    return got;
}

static void sweep(const char *name, enum form form, const int *dies)
{
    static struct question questions[500];
    static struct answer answers[500];
    const char *on = getenv("CAPI_ON");
    int reference = on != NULL && strcmp(on, "reference") == 0;
    int largs = form == CONTEXT || form == CONNECTION;
    size_t count = 0, next = 0;

    SECTION(name);
    for (int command = -1; command <= 141; command++)
        for (long larg = -largs; larg <= largs; larg++)
            questions[count++] = (struct question) { command, larg };
    while (next < count) {
        size_t answered = ask_in_child(form, questions, next, count, answers);

        for (; next < answered; next++)
            if ((answers[next].ret != 0 || answers[next].reason != 0) && !listed(dies, questions[next].command))
                printf("command %d larg %ld: %ld reason %ld\n", questions[next].command, questions[next].larg, answers[next].ret, answers[next].reason);
        if (next == count)
            break;
        /* where the reference dies there is no answer to compare with: only that ours gives one */
        if (!reference || !listed(dies, questions[next].command))
            printf("command %d larg %ld: died\n", questions[next].command, questions[next].larg);
        next++;
    }
}

static void no_context(void)
{
    static const char *sigalgs[] = { "RSA+SHA256", "ECDSA+SHA256:rsa_pss_rsae_sha256", "", "nonsense", "RSA+SHA256:nonsense", "RSA", "RSA+SHA256:RSA+SHA256" };

    SECTION("no context: only the syntax is checked");
    for (size_t i = 0; i < sizeof sigalgs / sizeof *sigalgs; i++) {
        printf("sigalgs \"%s\": %ld\n", sigalgs[i], SSL_CTX_set1_sigalgs_list(NULL, sigalgs[i]));
        printf("client sigalgs \"%s\": %ld\n", sigalgs[i], SSL_CTX_set1_client_sigalgs_list(NULL, sigalgs[i]));
        SHOW_ERR();
    }
    SHOW(SSL_CTX_ctrl(NULL, SSL_CTRL_MODE, 0, NULL));
    SHOW_ERR();
}

static void ticket_keys(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    unsigned char keys[80], back[80];

    SECTION("ticket keys");
    for (size_t i = 0; i < sizeof keys; i++)
        keys[i] = (unsigned char)i;
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, NULL, 0));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, back, sizeof back));
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, 48));
    SHOW_ERR();
    SHOW(SSL_CTX_set_tlsext_ticket_keys(ctx, keys, sizeof keys));
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, back, 79));
    SHOW_ERR();
    SHOW(SSL_CTX_get_tlsext_ticket_keys(ctx, back, sizeof back));
    SHOW_HEX("keys", back, sizeof back);
    SSL_CTX_free(ctx);
}

static void cache_numbers(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    SECTION("session cache: size, mode, counters of a fresh context");
    SHOW(SSL_CTX_sess_get_cache_size(ctx));
    SHOW(SSL_CTX_sess_set_cache_size(ctx, 7));
    SHOW(SSL_CTX_sess_set_cache_size(ctx, 0));
    SHOW(SSL_CTX_sess_get_cache_size(ctx));
    SHOW(SSL_CTX_get_session_cache_mode(ctx));
    SHOW(SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_BOTH | SSL_SESS_CACHE_NO_INTERNAL));
    SHOW(SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF));
    SHOW(SSL_CTX_get_session_cache_mode(ctx));
    SHOW(SSL_CTX_sess_number(ctx));
    SHOW(SSL_CTX_sess_connect(ctx));
    SHOW(SSL_CTX_sess_connect_good(ctx));
    SHOW(SSL_CTX_sess_connect_renegotiate(ctx));
    SHOW(SSL_CTX_sess_accept(ctx));
    SHOW(SSL_CTX_sess_accept_good(ctx));
    SHOW(SSL_CTX_sess_accept_renegotiate(ctx));
    SHOW(SSL_CTX_sess_hits(ctx));
    SHOW(SSL_CTX_sess_cb_hits(ctx));
    SHOW(SSL_CTX_sess_misses(ctx));
    SHOW(SSL_CTX_sess_timeouts(ctx));
    SHOW(SSL_CTX_sess_cache_full(ctx));
    SHOW_ERR();
    SSL_CTX_free(ctx);
}

static void names(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(ctx);
    char longest[256], too_long[257];

    SECTION("server name to send");
    memset(longest, 'a', 255);
    longest[255] = '\0';
    memset(too_long, 'a', 256);
    too_long[256] = '\0';
    SHOW(SSL_set_tlsext_host_name(ssl, "example.org"));
    SHOW_STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_get_servername_type(ssl));
    SHOW_STR(SSL_get_servername(ssl, 1));
    SHOW(SSL_set_tlsext_host_name(ssl, longest));
    SHOW(SSL_set_tlsext_host_name(ssl, too_long));
    SHOW_ERR();
    SHOW_STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_set_tlsext_host_name(ssl, ""));
    SHOW_ERR();
    SHOW_STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_set_tlsext_host_name(ssl, "example.org"));
    SHOW(SSL_set_tlsext_host_name(ssl, NULL));
    SHOW_STR(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SHOW(SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, 1, (void *)"example.org"));
    SHOW_ERR();

    SECTION("status request");
    SHOW(SSL_CTX_get_tlsext_status_type(ctx));
    SHOW(SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp));
    SHOW(SSL_CTX_get_tlsext_status_type(ctx));
    SHOW(SSL_get_tlsext_status_type(ssl));
    SHOW(SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp));
    SHOW(SSL_get_tlsext_status_type(ssl));
    {
        const unsigned char *response = NULL;
        unsigned char *own = OPENSSL_malloc(3);
        STACK_OF(OCSP_RESPID) *ids = NULL;
        X509_EXTENSIONS *extensions = NULL;

        memcpy(own, "abc", 3);
        SHOW(SSL_get_tlsext_status_ocsp_resp(ssl, &response));
        SHOW_PTR(response);
        SHOW(SSL_set_tlsext_status_ocsp_resp(ssl, own, 3));
        SHOW(SSL_get_tlsext_status_ocsp_resp(ssl, &response));
        CHECK(response == own);
        SHOW(SSL_get_tlsext_status_ids(ssl, &ids));
        SHOW_PTR(ids);
        SHOW(SSL_get_tlsext_status_exts(ssl, &extensions));
        SHOW_PTR(extensions);
    }
    SHOW_ERR();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

static int status_callback(SSL *ssl, void *arg)
{
    (void)ssl, (void)arg;
    return 1;
}

static int server_name_callback(SSL *ssl, int *alert, void *arg)
{
    (void)ssl, (void)alert, (void)arg;
    return SSL_TLSEXT_ERR_OK;
}

static void callbacks_by_number(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    int (*status)(SSL *, void *) = NULL;
    void *arg = NULL;

    SECTION("callbacks that are set by number");
    SHOW(SSL_CTX_get_tlsext_status_cb(ctx, &status));
    CHECK(status == NULL);
    SHOW(SSL_CTX_set_tlsext_status_cb(ctx, status_callback));
    SHOW(SSL_CTX_set_tlsext_status_arg(ctx, ctx));
    SHOW(SSL_CTX_get_tlsext_status_cb(ctx, &status));
    CHECK(status == status_callback);
    SHOW(SSL_CTX_get_tlsext_status_arg(ctx, &arg));
    CHECK(arg == ctx);
    SHOW(SSL_CTX_set_tlsext_servername_callback(ctx, server_name_callback));
    SHOW(SSL_CTX_set_tlsext_servername_arg(ctx, ctx));
    SHOW(SSL_CTX_set_tlsext_servername_callback(ctx, NULL));
    SHOW_ERR();
    SSL_CTX_free(ctx);
}

static void after_handshake(int version)
{
    SSL_CTX *client_ctx = new_client_ctx(), *server_ctx = new_server_ctx("ecdsa");
    SSL *client, *server;
    int nid = 0;
    const unsigned char *raw = NULL;

    printf("-- version %x\n", version);
    SSL_CTX_set_max_proto_version(client_ctx, version);
    pair_new(&client, &server, client_ctx, server_ctx);
    SHOW(SSL_get_extms_support(client));
    SHOW(SSL_get_peer_signature_nid(client, &nid));
    SHOW(SSL_get_signature_nid(server, &nid));
    pair_connect(client, server);
    SHOW(SSL_get_extms_support(client));
    SHOW(SSL_get_extms_support(server));
    SHOW(SSL_get_secure_renegotiation_support(client));
    SHOW(SSL_get_peer_signature_nid(client, &nid));
    SHOW_STR(OBJ_nid2sn(nid));
    SHOW(SSL_get_peer_signature_nid(server, &nid));
    SHOW(SSL_get_peer_signature_type_nid(client, &nid));
    SHOW_STR(OBJ_nid2sn(nid));
    SHOW(SSL_get_signature_nid(server, &nid));
    SHOW_STR(OBJ_nid2sn(nid));
    SHOW(SSL_get_signature_type_nid(server, &nid));
    SHOW_STR(OBJ_nid2sn(nid));
    SHOW(SSL_get_signature_nid(client, &nid));
    SHOW(SSL_get0_raw_cipherlist(server, NULL));
    CHECK(SSL_get0_raw_cipherlist(server, &raw) > 0 && raw != NULL);
    CHECK(SSL_get0_raw_cipherlist(client, &raw) == 0);
    SHOW_ERR();
    pair_free(client, server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(server_ctx);
}

int main(void)
{
    sweep("SSL_CTX_ctrl", CONTEXT, context_dies);
    sweep("SSL_ctrl", CONNECTION, connection_dies);
    sweep("SSL_CTX_callback_ctrl", CONTEXT_CALLBACK, callback_dies);
    sweep("SSL_callback_ctrl", CONNECTION_CALLBACK, callback_dies);
    no_context();
    ticket_keys();
    cache_numbers();
    names();
    callbacks_by_number();
    SECTION("what a handshake leaves");
    after_handshake(TLS1_2_VERSION);
    after_handshake(TLS1_3_VERSION);
    return 0;
}
