-- Sentences for the user.

local say = {}

local OK, YES_NO, YES = 0, 4, 6

function say.sorry(text)
  reaper.ShowMessageBox(text, "sidestick", OK)
end

function say.ask(question)
  return reaper.ShowMessageBox(question, "sidestick", YES_NO) == YES
end

--- Several sentences in one box; nothing at all when there is none.
function say.all(sentences)
  if #sentences > 0 then say.sorry(table.concat(sentences, "\n\n")) end
end

--- Whether `sentence` has not been said since REAPER was started.
function say.first_time(sentence)
  local before = reaper.GetExtState("sidestick_said", sentence)
  reaper.SetExtState("sidestick_said", sentence, "yes", false)
  return before == ""
end

return say
