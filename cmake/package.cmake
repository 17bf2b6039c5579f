# The Debian package: contrib/deb makes it. What only Debian wants of it is in contrib/debian.
set(TLSRPT_MAINTAINER "tlsrpt authors <tlsrpt@localhost>" CACHE STRING
    "who answers for the package: Name <address>")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tlsrpt)
set(CPACK_PACKAGE_CONTACT "${TLSRPT_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "answers from SMTP TLS reports (TLS-RPT, RFC 8460)")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The root's key for DNSSEC and the authorities of HTTPS; what makes the account and its folder.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, dns-root-data, \
systemd | systemd-standalone-sysusers | systemd-sysusers, \
systemd | systemd-standalone-tmpfiles | systemd-tmpfiles")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "default-mta | mail-transport-agent, prometheus-node-exporter, sqlite3")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Other mail servers mail a domain a daily report on whether they could
deliver to it over TLS. tlsrpt reads these mails from standard input,
Maildirs, mboxes or files into one SQLite database and holds every failure
against what the domain publishes in DNS, in its MTA-STS policy and on its
MX hosts. It says what is wrong, since when, on whose side, with the
evidence and what to change.
.
It has units and timers for systemd, which are not enabled, a plugin for
monitoring, and gauges for Prometheus.")
set(debian ${CMAKE_CURRENT_SOURCE_DIR}/contrib/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# Run between the installation into a folder and the packing of it.
set(CPACK_TLSRPT_SOURCE ${CMAKE_CURRENT_SOURCE_DIR})
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian_files.cmake)

include(CPack)
