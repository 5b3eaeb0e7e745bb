-- Answer files, as the spool's outbox and the sender write them: {"answers", "events", "finished"}.

local files = require("files")
local json = require("json")

local letters = {}

local function hand_over(call, messages, deliver)
  for _, message in ipairs(messages) do
    local text = json.encode(message)
    if not call.heard[text] then
      call.heard[text] = true
      deliver(call, message)
    end
  end
end

--- Delivers what is new in the file at `path`; removes it once it is finished.
function letters.read(path, call, deliver)
  local text = files.read(path)
  if not text or text == call.letter then return end
  local letter = json.decode(text)
  if type(letter) ~= "table" then return end
  call.letter, call.heard = text, call.heard or {}
  hand_over(call, letter.answers or {}, deliver)
  hand_over(call, letter.events or {}, deliver)
  if letter.finished then
    os.remove(path)
    call.finished = true
  end
end

return letters
