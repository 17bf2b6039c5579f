# room(NAME FOLDER USES rooms… LIBRARIES targets… SOURCES files…)
#
# One static library for a folder. Its headers are included as "NAME/header.h", and only by
# rooms that list it under USES: each room's include path is a folder of its own that holds
# one link, so that an include that the architecture forbids does not compile.
function(room name folder)
    cmake_parse_arguments(PARSE_ARGV 2 ROOM "" "" "USES;LIBRARIES;SOURCES")
    add_library(tlsrpt_${name} STATIC ${ROOM_SOURCES})
    set(include ${CMAKE_BINARY_DIR}/rooms/${name})
    file(MAKE_DIRECTORY ${include})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${include}/${name} SYMBOLIC)
    target_include_directories(tlsrpt_${name} PUBLIC ${include})
    foreach(used IN LISTS ROOM_USES)
        target_link_libraries(tlsrpt_${name} PUBLIC tlsrpt_${used})
    endforeach()
    target_link_libraries(tlsrpt_${name} PRIVATE ${ROOM_LIBRARIES})
endfunction()
