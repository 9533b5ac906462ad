-- For those who look at answers.

-- The value of a header field, whatever its case; "" when it is not there.
function field(headers, name)
  for key, value in pairs(headers) do
    if key:lower() == name then return value end
  end
  return ""
end

-- Ends wrk at once, which would sleep to the end of its time.
function conclude(verdict)
  io.write(verdict, "\n")
  io.flush()
  os.exit(0)
end

function done() io.write("not all were answered in time\n") end
