/** What Node says of a certificate that it does not trust; nothing is sent to such a server. */
export const certificateCode: RegExp =
  /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;
