# cmake -D BINDIR=/usr/bin -D OUT=folder -P units.cmake
#
# Writes the units into OUT, which is there. @bindir@ is where tlsrpt is; @NAME@ stands for the file NAME
# here, so that what many units share is written once, and each installed unit is whole.
set(here ${CMAKE_CURRENT_LIST_DIR})
set(bindir ${BINDIR})
foreach(part account mails network no-network shut-in)
    file(READ ${here}/${part} text)
    string(STRIP "${text}" ${part})
endforeach()
file(GLOB units RELATIVE ${here} ${here}/*.in)
foreach(unit IN LISTS units)
    string(REGEX REPLACE "\\.in$" "" name ${unit})
    configure_file(${here}/${unit} ${OUT}/${name} @ONLY)
endforeach()
