# A TLS client in Perl, one of the programs under test; see support/runtime.py for what it is asked.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use IO::Socket::INET;
use IO::Socket::SSL;
use JSON::PP;
use Net::SSLeay;

$SIG{PIPE} = 'IGNORE';
my %versions = ('1.2' => 'TLSv1_2', '1.3' => 'TLSv1_3');
my $json = JSON::PP->new->canonical->allow_blessed;

# `read` on a TLS socket gives what a record holds.
sub read_all {
    my ($tls, $count) = @_;
    my $content = '';
    1 while length $content < $count && read $tls, $content, $count - length $content, length $content;
    return $content;
}

sub versions_of {
    my ($ask) = @_;
    my ($min, $max) = ($ask->{min} // '1.2', $ask->{max} // '1.3');
    return $versions{$min} if $min eq $max;
    return 'SSLv23:!TLSv1:!TLSv1_1';
}

sub options {
    my ($ask) = @_;
    my @trust = $ask->{ca} ? (SSL_ca_file => $ask->{ca}, SSL_verifycn_name => $ask->{host}, SSL_verifycn_scheme => 'http') : (SSL_verify_mode => SSL_VERIFY_NONE);
    my @own = $ask->{certificate} ? (SSL_cert_file => $ask->{certificate}, SSL_key_file => $ask->{key}) : ();
    my @cipher = $ask->{ciphers} ? (SSL_cipher_list => $ask->{ciphers}) : ();
    my @alpn = $ask->{alpn} ? (SSL_alpn_protocols => $ask->{alpn}) : ();
    return (
        SSL_version => versions_of($ask), SSL_hostname => $ask->{host} // '', SSL_ecdh_curve => 'X25519:P-256', @trust, @own, @cipher, @alpn,
    );
}

sub facts {
    my ($tls, $ask) = @_;
    my $certificate = $tls->peer_certificate;
    my @chain = map { Net::SSLeay::X509_NAME_oneline(Net::SSLeay::X509_get_subject_name($_)) } $tls->peer_certificates;
    print {$tls} "facts\n";
    my $line = <$tls> // return { error => 'no answer: ' . ($SSL_ERROR || '') };
    my @rest = <$tls>;
    return {
        version => $tls->get_sslversion, cipher => $tls->get_cipher, bits => Net::SSLeay::get_cipher_bits($tls->_get_ssl_object), alpn => $tls->alpn_selected,
        reused => $tls->get_session_reused, fingerprint => substr($tls->get_fingerprint, 0, 7), names => [ map { unpack 'H*', $_ } $tls->peer_certificate('subjectAltNames') ],
        issuer => scalar($tls->peer_certificate('issuer')), chain => \@chain, own => $tls->sock_certificate ? scalar($tls->sock_certificate('cn')) : undef,
        told => decode_json($line), rest => scalar(@rest), state => Net::SSLeay::state_string_long($tls->_get_ssl_object),
        verified => Net::SSLeay::get_verify_result($tls->_get_ssl_object),
        exported => length(Net::SSLeay::export_keying_material($tls->_get_ssl_object, 20, 'EXPORTER-test') // ''),
    };
}

sub exchange {
    my ($tls, $ask) = @_;
    if ($ask->{down}) {
        print {$tls} "down $ask->{down}\n";
        return { sum => sha256_hex(read_all($tls, $ask->{down})) };
    }
    if ($ask->{up}) {
        open my $file, '<:raw', $ask->{up} or die $!;
        my $content = do { local $/; <$file> };
        print {$tls} 'up ', length $content, "\n", $content;
        chomp(my $sum = <$tls> // '');
        return { sum => $sum };
    }
    return facts($tls, $ask);
}

sub connect_to {
    my ($ask) = @_;
    my $plain = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $ask->{port}) or die "no connection: $!\n";
    my $tls = IO::Socket::SSL->start_SSL($plain, options($ask)) or return { error => "$SSL_ERROR" };
    my $told = exchange($tls, $ask);
    $tls->close;
    return $told;
}

my $asks = JSON::PP->new->decode(do { local $/; <STDIN> });
my %seen = map { $_ => connect_to($asks->{$_}) } sort keys %$asks;
print $json->encode(\%seen);
